import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import {
  CountCommand,
  CountHandler,
  Counted,
  Counters,
  CounterProjection,
  CounterView,
  Noticed,
} from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { SubscriptionPause } from './subscription-pause.js';
import { Subscription } from './subscription.decorator.js';

const NAME = 'toy.work';
const INLINE = 'toy.counters';
const ada = { by: { id: 'ada' }, reason: 'a migration' };

/** What the handler waits for, if anything. */
let handling: (() => Promise<void>) | undefined;

@EventsHandler(Counted)
@Subscription(NAME, { startFrom: 'beginning', partitions: 2 })
class WorkWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    this.streams.append({ stream: `toy.work:${counterId}`, events: [new Noticed(String(by))] });
    await handling?.();
  }
}

const parts: ToyParts = {
  entities: [CounterView],
  providers: [Counters, CountHandler, CounterProjection, WorkWhenCounted],
};
let db: FreshDatabase;
/** Two processes that share the partitions. */
let fleet: ToyApp[] = [];

const start = (): Promise<ToyApp> => ToyApp.start(db, { parts });
const pauseOf = (): SubscriptionPause => fleet[0]!.get(SubscriptionPause);
const done = async (id: string): Promise<string[]> =>
  (await fleet[0]!.events(`toy.work:${id}`)).map(({ data }) => (data as { what: string }).what);
const leases = async (): Promise<number> =>
  (await db.pools.worker.query('SELECT FROM kernel.leases WHERE subscription = $1', [NAME])).rowCount!;
const audited = (): Promise<unknown[]> =>
  fleet[0]!.rows('SELECT action, principal, subject, reason FROM kernel.audit ORDER BY id');

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());
beforeEach(async () => {
  fleet = [await start(), await start()];
  await until('both processes work', async () => (await leases()) === 2);
});
afterEach(async () => {
  handling = undefined;
  await pauseOf().resume(NAME, ada);
  for (const toy of fleet) await toy.close();
  await db.pools.worker.query('DELETE FROM kernel.audit');
});

describe('a paused subscription', () => {
  it('handles nothing in any process, and after it is resumed each event once, in order', async () => {
    const ids = Array.from({ length: 8 }, () => newId());
    const count = async (by: number): Promise<void> => {
      for (const id of ids) await fleet[0]!.run(new CountCommand(id, by));
    };
    await count(1);
    await settled(fleet[0]!.app);
    await pauseOf().pause(NAME, ada);
    expect(await leases()).toBe(0);
    await count(2);
    await count(3);
    // A process that starts meanwhile looks at its leases before it is ready.
    fleet.push(await start());
    expect(await leases()).toBe(0);
    for (const id of ids) expect(await done(id)).toEqual(['1']);

    await pauseOf().resume(NAME, ada);
    await eventually(async () => {
      for (const id of ids) expect(await done(id)).toEqual(['1', '2', '3']);
    });
  });

  it('stays paused when all processes have ended and others start', async () => {
    await pauseOf().pause(NAME, ada);
    for (const toy of fleet) await toy.close();
    fleet = [await start()];
    expect(await leases()).toBe(0);
    await pauseOf().resume(NAME, ada);
    await until('it goes on', async () => (await leases()) === 2);
  });

  it('keeps the first pause when it is paused again, and says when it was not paused', async () => {
    const first = await pauseOf().pause(NAME, ada);
    expect(first).toEqual({ name: NAME, pausedAt: expect.stringMatching(/Z$/), pausedBy: 'ada', reason: ada.reason });
    expect(await pauseOf().pause(NAME, { by: { id: 'bob' }, reason: 'another' })).toEqual(first);
    expect(await pauseOf().resume(NAME, ada)).toEqual({ name: NAME, wasPaused: true });
    expect(await pauseOf().resume(NAME, ada)).toEqual({ name: NAME, wasPaused: false });
    const entry = { principal: 'ada', subject: NAME, reason: ada.reason };
    expect(await audited()).toEqual([
      { action: 'subscriptions.pause', ...entry },
      { action: 'subscriptions.resume', ...entry },
    ]);
  });
});

describe('an event that is being handled when its subscription is paused', () => {
  it('has no effect before it is resumed, however late its process commits, and one effect afterwards', async () => {
    const id = newId();
    let isHandling = false;
    let goOn!: () => void;
    const frozen = new Promise<void>((resolve) => (goOn = resolve));
    handling = async () => {
      isHandling = true;
      await frozen;
    };
    await fleet[0]!.run(new CountCommand(id, 1));
    await until('it is being handled', () => isHandling);
    await pauseOf().pause(NAME, ada);
    handling = undefined;
    goOn();
    const fenced = (): boolean =>
      fleet.some(({ said }) => said.join().includes(`${NAME}: another replica owns its partitions`));
    await until('the commit is refused', fenced);
    expect(await done(id)).toEqual([]);
    await pauseOf().resume(NAME, ada);
    await eventually(async () => expect(await done(id)).toEqual(['1']));
  });
});

describe('a pause', () => {
  it.each([
    ['of nobody', 'toy.nobody', 'subscription-unknown'],
    ['of an inline view', INLINE, 'pause-refused'],
  ])('is refused %s, and so is resuming it', async (_, name, code) => {
    await expect(pauseOf().pause(name, ada)).rejects.toMatchObject({ code });
    await expect(pauseOf().resume(name, ada)).rejects.toMatchObject({ code });
    expect(await audited()).toEqual([]);
  });
});
