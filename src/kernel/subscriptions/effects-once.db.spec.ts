import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { recordedEvent, type EventRow, type RecordedEvent } from '../event-log/stored-event.js';
import { newId } from '../messages/ids.js';
import { EventRegistry } from '../messages/event-registry.js';
import { AsyncProjection } from '../projections/async-projection.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import type { Delivery } from './subscriber.js';

const NAME = 'toy.counter-search';

let db: FreshDatabase;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());

type Rows = readonly Record<string, unknown>[];

/** Both tables of the view, without what depends on when it was folded. */
async function viewOf(toy: ToyApp): Promise<{ rows: Rows; totals: Rows }> {
  return {
    rows: await toy.rows('SELECT * FROM toy_read.counter_search ORDER BY counter_id'),
    totals: await toy.rows('SELECT kind, total, counters FROM toy_read.kind_totals WHERE counters <> 0 ORDER BY kind'),
  };
}

async function history(toy: ToyApp, counters: number): Promise<void> {
  const ids = Array.from({ length: counters }, newId);
  for (let n = 0; n < 5; n += 1)
    await Promise.all(ids.map((id, index) => toy.run(new CountCommand(id, n + 1, index % 2 === 0 ? 'even' : 'odd'))));
}

describe('two processes with the same subscription', () => {
  it('let each event take effect once between them, also when one goes and comes', async () => {
    const one = await ToyApp.start(db);
    const two = await ToyApp.start(db);
    const ids = Array.from({ length: 10 }, newId);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(ids.flatMap((id) => [one.run(new CountCommand(id, 1)), two.run(new CountCommand(id, 1))]));
      if (round === 1) {
        const third = await ToyApp.start(db);
        await third.run(new CountCommand(ids[0]!, 1));
        await third.close();
      }
    }
    await Promise.all([settled(one.app), settled(two.app)]);

    const wrong = await one.rows(
      `SELECT c.counter_id, c.total, s.total AS async FROM toy_read.counters c LEFT JOIN toy_read.counter_search s USING (counter_id)
        WHERE c.total IS DISTINCT FROM s.total OR cardinality(s.kinds) <> c.version OR s.version <> c.version`,
    );
    expect(wrong).toEqual([]);
    const [sum] = await one.rows(
      'SELECT sum(total)::int AS total FROM toy_read.counter_search WHERE counter_id = ANY ($1)',
      ids,
    );
    expect(sum).toEqual({ total: 81 });
    const owners = await one.rows('SELECT DISTINCT owner FROM kernel.leases WHERE subscription = $1', NAME);
    expect(owners).toHaveLength(2);
    await one.close();
    await two.close();
  }, 30_000);

  it('keep no reader waiting for partitions that an event does not touch', async () => {
    const one = await ToyApp.start(db);
    const two = await ToyApp.start(db);
    for (let n = 0; n < 10; n += 1) {
      const id = newId();
      await one.run(new CountCommand(id, 1));
      const strict = { consistency: { token: 'head', waitMs: 2_000, strict: true } };
      expect(await two.ask(new GetCounterQuery(id), strict)).toEqual({ total: 1 });
    }
    await one.close();
    await two.close();
  }, 30_000);
});

describe('a batch', () => {
  let toy: ToyApp;
  let events: readonly RecordedEvent[];
  let projection: AsyncProjection;

  beforeAll(async () => {
    // Without its own worker: this spec delivers.
    const writer = await ToyApp.start(db);
    await history(writer, 12);
    await settled(writer.app);
    await writer.close();
    toy = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
    const rows = await toy.rows<EventRow>(
      `SELECT l.position, e.* FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
        WHERE e.name LIKE 'toy.c%' ORDER BY l.position`,
    );
    events = rows.map((row) => recordedEvent(toy.get(EventRegistry), row));
    projection = new AsyncProjection(toy.get(ProjectionRegistry).named(NAME)!);
  }, 30_000);
  afterAll(() => toy.close());

  const restart = (): Promise<number> => toy.get(ProjectionRebuild).rebuild(NAME);

  /** Delivers events as the worker does, each batch in all partitions; `times` delivers every batch again and again. */
  async function deliver(batchSize: number, times = 1): Promise<{ refused: number }> {
    let refused = 0;
    for (let from = 0; from < events.length; from += batchSize) {
      const batch = events.slice(from, from + batchSize);
      const guard = await guardFor(batch.at(-1)!);
      for (let n = 0; n < times; n += 1) {
        await projection.apply(toy.pools.worker, batch.map(delivery), guard).catch((error: { code?: string }) => {
          expect(error.code).toBe('WB004');
          refused += 1;
        });
      }
    }
    return { refused };
  }
  const delivery = (recorded: RecordedEvent): Delivery => {
    const touched = projection.keysOf(recorded);
    return { recorded, keys: [...touched.keys()], touched };
  };

  async function guardFor({ meta }: RecordedEvent) {
    const checkpoints = await toy.rows<{ partition: number; position: number; fence: number }>(
      'SELECT partition, position, fence FROM kernel.checkpoints WHERE subscription = $1 ORDER BY partition',
      NAME,
    );
    const partitions = checkpoints.map(({ partition, position, fence }) => ({ partition, from: position, fence }));
    const target = { position: meta.position, eventId: meta.eventId };
    const argument = { subscription: NAME, ...target, partitions, failed: [] };
    return { call: 'kernel.advance', argument } as const;
  }

  it.each([1, 7, 200])(
    'of %d gives the same view as the live one',
    async (batchSize) => {
      const live = await viewOf(toy);
      expect(live.rows.length).toBeGreaterThanOrEqual(12);
      await restart();
      expect((await viewOf(toy)).rows).toEqual([]);
      await deliver(batchSize);
      expect(await viewOf(toy)).toEqual(live);
    },
    30_000,
  );

  it('that is delivered three times takes effect once: its checkpoint has moved', async () => {
    const live = await viewOf(toy);
    await restart();
    const { refused } = await deliver(7, 3);
    expect(refused).toBe(2 * Math.ceil(events.length / 7));
    expect(await viewOf(toy)).toEqual(live);
  }, 30_000);

  it('of an owner whose partition was taken over takes no effect', async () => {
    await restart();
    const guard = await guardFor(events[0]!);
    await toy.rows('UPDATE kernel.checkpoints SET fence = fence + 1 WHERE subscription = $1 AND partition = 0', NAME);
    const late = projection.apply(toy.pools.worker, events.slice(0, 1).map(delivery), guard);
    await expect(late).rejects.toMatchObject({ code: 'WB004' });
    expect((await viewOf(toy)).rows).toEqual([]);
  });
});
