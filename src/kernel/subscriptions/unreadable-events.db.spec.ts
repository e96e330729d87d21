import { createToyTables, ToyApp, type ToySettings } from '../../../test/support/toy-app.js';
import { BEFORE, BETWEEN, NEXT, PlaceView, TWO_RELEASES_TABLES } from '../../../test/support/two-releases.js';
import { commitWork } from '../commands/commit-statement.js';
import { newId } from '../messages/ids.js';
import { ViewConsistency } from '../consistency/view-consistency.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { DeadLetters } from './dead-letters.js';

let db: FreshDatabase;
/** Writes as either release; runs no subscriptions. */
let writer: ToyApp;
let apps: ToyApp[];
let step: number;

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db, TWO_RELEASES_TABLES);
  apps = [];
  step = 0;
  writer = await start(BEFORE, { runSubscriptions: false });
});
afterEach(async () => {
  for (const app of apps) await app.close();
  await db.drop();
});

async function start(release: ToySettings, kernel: { runSubscriptions?: boolean } = {}): Promise<ToyApp> {
  const app = await ToyApp.start(db, { ...release, kernel });
  apps.push(app);
  return app;
}

async function stop(app: ToyApp): Promise<void> {
  apps = apps.filter((other) => other !== app);
  await app.close();
}

const THINGS = ['anvil', 'bell', 'crate', 'drum', 'easel', 'flute', 'gong', 'horn'];
const PLACES = ['attic', 'barn', 'cellar', 'den', 'entry', 'forge'];

/** Every thing goes somewhere; those that `changed` names do so in the shape of the next release. */
async function go(changed: readonly string[] = [], name = 'toy.moved'): Promise<void> {
  for (const thingId of THINGS) {
    step += 1;
    const at = PLACES[(step * 7) % PLACES.length]!;
    if (changed.includes(thingId)) {
      await store(name, name === 'toy.moved' ? 2 : 1, { thingId, where: at, step });
    } else {
      await store('toy.moved', 1, { thingId, at, step });
    }
  }
}

async function store(
  name: string,
  schema: number,
  data: { readonly thingId: string; readonly step: number } & Record<string, unknown>,
): Promise<void> {
  const stream = { tenant: 'default', stream: `toy.thing:${data.thingId}` };
  const event = { ...stream, offset: 1, last: true, id: newId(), name, schema, data };
  await commitWork(
    writer.pools.app,
    {
      keys: [],
      streams: [{ ...stream, mode: 'any', count: 1 }],
      uniques: [],
      events: [{ ...event, meta: { actor: { type: 'system', id: 'spec' } } }],
    },
    new Map(),
  );
}

interface Logged {
  readonly thingId: string;
  readonly place: string;
  readonly step: number;
}

/** The log, told by hand: what a fold from scratch must come to. */
const log = (): Promise<Logged[]> =>
  writer.rows<Logged & Record<string, unknown>>(
    `SELECT data->>'thingId' AS "thingId", coalesce(data->>'where', data->>'at') AS place, (data->>'step')::int AS step
       FROM kernel.events WHERE name IN ('toy.moved', 'toy.painted') ORDER BY id`,
  );
const tracesBy = (events: readonly Logged[], key: 'thingId' | 'place'): Record<string, string> =>
  events.reduce<Record<string, string>>((all, of) => ({ ...all, [of[key]]: `${all[of[key]] ?? ''} ${of.step}` }), {});
async function view(table: 'things' | 'places'): Promise<Record<string, string>> {
  const rows = await writer.rows<{ key: string; trace: string }>(
    `SELECT ${table === 'things' ? 'thing_id' : 'place'} AS key, trace FROM toy_read.${table}`,
  );
  return Object.fromEntries(rows.map(({ key, trace }) => [key, trace]));
}
const noted = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (
      await writer.rows<{ thing: string; trace: string }>(
        `SELECT split_part(stream_id, ':', 2) AS thing, ' ' || string_agg(data->>'what', ' ' ORDER BY version) AS trace
           FROM kernel.events WHERE name = 'toy.noticed' GROUP BY 1`,
      )
    ).map(({ thing, trace }) => [thing, trace]),
  );
const failed = (subscription: string): Promise<{ key: string; state: string; blocks: string }[]> =>
  writer.rows(
    `SELECT key, state, blocks FROM kernel.failed_events WHERE subscription = $1 ORDER BY key, position`,
    subscription,
  );

async function expectWhole(): Promise<void> {
  const events = await log();
  expect(await view('things')).toEqual(tracesBy(events, 'thingId'));
  expect(await view('places')).toEqual(tracesBy(events, 'place'));
  expect(await noted()).toEqual(tracesBy(events, 'thingId'));
  expect(await writer.rows('SELECT FROM kernel.failed_events')).toEqual([]);
}

/** An older release has come as far as it can. */
async function asFarAsItCan(changed: readonly string[]): Promise<void> {
  const others = (events: readonly Logged[]) => events.filter(({ thingId }) => !changed.includes(thingId));
  await eventually(async () => expect(await view('things')).toMatchObject(tracesBy(others(await log()), 'thingId')));
  await eventually(async () =>
    expect(await failed('toy.places')).toMatchObject([0, 1, 2, 3].map(() => ({ blocks: 'partition' }))),
  );
  await eventually(async () => expect(await noted()).toMatchObject(tracesBy(others(await log()), 'thingId')));
}

describe('an event in a shape that only the next release knows', () => {
  it.each(['live', 'catching up'])('stores as failed what it may touch, and nothing is lost: %s', async (how) => {
    const changed = ['bell', 'gong'];
    const before = how === 'live' ? await start(BEFORE) : undefined;
    await go();
    if (before !== undefined) await settled(before.app);
    await go(changed);
    await go();
    await go(['gong']);
    await go();
    const old = before ?? (await start(BEFORE));
    await asFarAsItCan(changed);
    expect(await failed('toy.things')).toMatchObject(
      ['bell', 'bell', 'bell', 'bell', 'gong', 'gong', 'gong', 'gong'].map((key, index) => ({
        key,
        blocks: 'key',
        state: index % 4 === 0 ? 'dead-lettered' : 'waiting',
      })),
    );
    expect(await failed('toy.watch')).toHaveLength(8);
    await stop(old);

    await settled((await start(NEXT)).app);
    await eventually(expectWhole);
    await go(THINGS);
    await eventually(expectWhole);
  });

  it('is taken by the next release, also while both run side by side', async () => {
    const old = await start(BEFORE);
    await go();
    await start(NEXT);
    for (let round = 0; round < 4; round += 1) await go(THINGS.slice(round, round + 3));
    await stop(old);
    await go(['anvil']);
    await eventually(expectWhole);
  });

  it('is waited for by one that runs again after the next', async () => {
    const next = await start(NEXT);
    await go();
    await settled(next.app);
    await stop(next);
    await go(['bell']);
    const old = await start(BEFORE);
    await go();
    await asFarAsItCan(['bell']);
    await stop(old);
    await start(NEXT);
    await eventually(expectWhole);
  });
});

describe('an event with a name that only the next release knows', () => {
  it('is not passed over by subscriptions that take it there', async () => {
    const old = await start(BEFORE);
    await go();
    await settled(old.app);
    await stop(await start(NEXT, { runSubscriptions: false }));
    await go(['bell', 'gong'], 'toy.painted');
    await go();
    await asFarAsItCan(['bell', 'gong']);
    await stop(old);
    await start(NEXT);
    await eventually(expectWhole);
  });
});

describe('an event that is stored as failed, and that a release knows without subscribing it', () => {
  it.each(['dead-lettered', 'retrying'])('waits for one that does: %s', async (state) => {
    const old = await start(BEFORE);
    await stop(await start(NEXT, { runSubscriptions: false }));
    await go(['bell'], 'toy.painted');
    await eventually(async () => expect(await failed('toy.watch')).toHaveLength(1));
    await stop(old);
    await writer.rows(
      `UPDATE kernel.failed_events SET state = $1, next_try_at = clock_timestamp(), is_unreadable = $1 = 'dead-lettered'
        WHERE subscription = 'toy.watch'`,
      state,
    );
    const between = await start(BETWEEN);
    await go();
    await settled(between.app);
    expect(await failed('toy.watch')).toMatchObject([{ state: 'dead-lettered' }, { state: 'waiting' }]);
    await stop(between);
    await start(NEXT);
    await eventually(async () => expect(await noted()).toEqual(tracesBy(await log(), 'thingId')));
  });
});

describe('an event that both releases know and only the next one subscribes', () => {
  it('is left to the next release by workers of the older one, from the start of its first process on', async () => {
    await start(BETWEEN);
    await go();
    const api = await start(NEXT, { runSubscriptions: false });
    await go(['bell', 'gong'], 'toy.painted');
    await start(BETWEEN);
    await go(['horn'], 'toy.painted');
    await start(NEXT);
    await eventually(expectWhole);
    await stop(api);
    await go(['anvil'], 'toy.painted');
    await eventually(expectWhole);
  });

  it('does not keep the older release from working once no process of the next one lives', async () => {
    const old = await start(BETWEEN);
    await stop(await start(NEXT));
    await go();
    await settled(old.app);
    await eventually(expectWhole);
  });
});

describe('partitions that stand before an event', () => {
  it('go on behind it when an operator discards it', async () => {
    const old = await start(BEFORE);
    await go();
    await go(['bell']);
    await go();
    await asFarAsItCan(['bell']);
    const letters = old.get(DeadLetters);
    const stops = await letters.find({ subscription: 'toy.places' });
    const lacking = async (key?: string) => (await old.get(ViewConsistency).await([PlaceView], undefined, key)).failed;
    expect([await lacking(), await lacking('attic')]).toMatchObject([{ deadLettered: 4 }, { deadLettered: 1 }]);
    await expect(letters.editAndRetry(stops[0]!.id, { thingId: 'bell' }, { by: { id: 'ada' } })).rejects.toMatchObject({
      code: 'dead-letter-unreadable',
    });
    expect(await letters.retry({ subscription: 'toy.places' }, { by: { id: 'ada' } })).toBe(0);
    await letters.discard(stops[0]!.id, { by: { id: 'ada' }, reason: 'we stay on this release' });
    expect(await letters.find({ subscription: 'toy.places' })).toEqual([]);
    const others = (await log()).filter(({ step: of }) => of !== 10);
    await eventually(async () => expect(await view('places')).toEqual(tracesBy(others, 'place')));
  });

  it('go on behind it also while another one, which the next release has taken past it, is never at rest', async () => {
    const first = await start(BEFORE);
    await go();
    await go(['bell']);
    await asFarAsItCan(['bell']);
    await stop(first);
    await writer.rows(
      `WITH passed AS (DELETE FROM kernel.failed_events WHERE subscription = 'toy.places' AND partition = 0 RETURNING *)
       UPDATE kernel.checkpoints c SET position = p.position, event_id = e.event_id
         FROM passed p JOIN kernel.events e ON e.id = p.event_id
        WHERE c.subscription = 'toy.places' AND c.partition = 0`,
    );
    const old = await start(BEFORE);
    await eventually(async () => expect(await failed('toy.places')).toHaveLength(3));
    const [stopped] = await old.get(DeadLetters).find({ subscription: 'toy.places' });
    const checkpoints = () =>
      writer.rows<{ position: number }>(`SELECT position FROM kernel.checkpoints WHERE subscription = 'toy.places'`);
    const going = new AbortController();
    const traffic = (async () => {
      while (!going.signal.aborted) await go();
    })();
    try {
      await old.get(DeadLetters).discard(stopped!.id, { by: { id: 'ada' }, reason: 'we stay on this release' });
      await eventually(async () =>
        expect((await checkpoints()).filter(({ position }) => position <= stopped!.position)).toEqual([]),
      );
    } finally {
      going.abort();
      await traffic;
    }
    const others = (await log()).filter(({ step: of }) => of !== 10);
    await eventually(async () => expect(await view('places')).toEqual(tracesBy(others, 'place')));
  });
});
