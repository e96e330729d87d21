import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, Noticed, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { newId } from '../messages/ids.js';
import { withOwner } from '../../platform/database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { partitionOf } from './partition-of.js';
import { Repartition } from './repartition.js';
import { SubscriptionRestart } from './restart.js';
import { SubscriptionPause } from './subscription-pause.js';
import { Subscription } from './subscription.decorator.js';

const NAME = 'toy.work';
const ada = { by: { id: 'ada' }, reason: 'four workers now' };

/** Counters whose events no handler gets through; replaced by another set, it ends what waits. */
let stuck: ReadonlySet<string> = new Set();

@EventsHandler(Counted)
@Subscription(NAME, { startFrom: 'beginning', partitions: 2 })
class WorkWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    this.streams.append({ stream: `toy.work:${counterId}`, events: [new Noticed(String(by))] });
    const waitsFor = stuck;
    if (waitsFor.has(counterId)) await until('it may go on', () => stuck !== waitsFor);
  }
}

const parts: ToyParts = { providers: [Counters, CountHandler, WorkWhenCounted] };
let db: FreshDatabase;
let toy: ToyApp;

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
});
afterEach(async () => {
  stuck = new Set();
  await toy.close();
  await db.drop();
});

const pause = (): Promise<unknown> => toy.get(SubscriptionPause).pause(NAME, ada);
const resume = (): Promise<unknown> => toy.get(SubscriptionPause).resume(NAME, ada);
const to = (partitions: number, name = NAME): Promise<unknown> => toy.get(Repartition).to(name, partitions, ada);
const count = (id: string, by: number): Promise<unknown> => toy.run(new CountCommand(id, by));
const done = async (id: string): Promise<string[]> =>
  (await toy.events(`toy.work:${id}`)).map(({ data }) => (data as { what: string }).what);
const checkpoints = (): Promise<{ partition: number; position: number; fence: number }[]> =>
  toy.rows(
    `SELECT partition, position, fence FROM kernel.checkpoints WHERE subscription = '${NAME}' ORDER BY partition`,
  );

function idsIn(partition: number, length: number): string[] {
  const ids: string[] = [];
  while (ids.length < length) {
    const id = newId();
    if (partitionOf(streamOf(id), 2) === partition) ids.push(id);
  }
  return ids;
}

/** The first partition is as far as the log, the second one stands before the first event of a counter that is stuck. */
async function unevenly(): Promise<{ ahead: string[]; behind: string[] }> {
  const [ahead, behind] = [idsIn(0, 12), idsIn(1, 12)];
  stuck = new Set(behind);
  // A process reads a part of the log at a time: all of it is there when it begins.
  await pause();
  for (const id of [...ahead, ...behind]) await count(id, 1);
  for (const id of ahead) await count(id, 2);
  await resume();
  await eventually(async () => {
    for (const id of ahead) expect(await done(id)).toEqual(['1', '2']);
  });
  await pause();
  const [first, second] = await checkpoints();
  expect(first!.position).toBeGreaterThan(second!.position);
  return { ahead, behind };
}

async function expectEachOnce({ ahead, behind }: { ahead: string[]; behind: string[] }): Promise<void> {
  stuck = new Set();
  await resume();
  for (const id of ahead) await count(id, 3);
  for (const id of behind) await count(id, 2);
  await eventually(async () => {
    for (const id of ahead) expect(await done(id)).toEqual(['1', '2', '3']);
    for (const id of behind) expect(await done(id)).toEqual(['1', '2']);
  });
}

describe('partitions that stand at different positions', () => {
  it.each([
    ['split', [5]],
    ['merged', [1]],
    ['changed twice, the second time before they have caught up', [3, 7]],
    ['changed back and forth', [3, 2, 3, 1]],
  ])('are %s, and each event is handled once, in order', async (_, numbers) => {
    const ids = await unevenly();
    const before = await checkpoints();
    for (const partitions of numbers) {
      await to(partitions);
      expect(await checkpoints()).toHaveLength(partitions);
    }
    for (const { position, fence } of await checkpoints()) {
      expect(position).toBe(before[1]!.position);
      expect(fence).toBeGreaterThan(Math.max(...before.map((each) => each.fence)));
    }
    await expectEachOnce(ids);
  });

  it('are changed again after some have caught up, and each event is handled once, in order', async () => {
    const ids = await unevenly();
    await to(5);
    const [still] = ids.behind;
    stuck = new Set([still!]);
    await resume();
    await eventually(async () => {
      const behind = ids.behind.filter((id) => partitionOf(streamOf(id), 5) !== partitionOf(streamOf(still!), 5));
      for (const id of behind) expect(await done(id)).toEqual(['1']);
    });
    await pause();
    await to(4);
    await expectEachOnce(ids);
  });

  it('are forgotten by a restart, which handles every event again', async () => {
    const { ahead } = await unevenly();
    await to(3);
    await toy.get(SubscriptionRestart).restart(NAME, 'beginning', ada);
    stuck = new Set();
    await resume();
    await eventually(async () => {
      for (const id of ahead) expect(await done(id)).toEqual(['1', '2', '1', '2']);
    });
  });

  it('are of another log where one of them had come to an event that this log does not hold', async () => {
    await unevenly();
    await to(3);
    const isDiverged = async (): Promise<unknown> => (await toy.rows(`SELECT kernel.is_diverged('${NAME}') AS is`))[0];
    expect(await isDiverged()).toEqual({ is: false });
    await withOwner(db.url, (owner) =>
      owner.query('UPDATE kernel.former_checkpoints SET event_id = gen_random_uuid() WHERE partition = 0'),
    );
    expect(await isDiverged()).toEqual({ is: true });
  });
});

describe('a repartition', () => {
  it('is refused while the subscription runs, and while a replica has a lease of it', async () => {
    const before = await checkpoints();
    await expect(to(3)).rejects.toMatchObject({
      code: 'repartition-refused',
      message: expect.stringContaining(`subscriptions pause ${NAME}`),
    });
    await pause();
    const lease = `INSERT INTO kernel.leases (subscription, partition, owner, token, expires_at)
      VALUES ('${NAME}', 1, 'zombie', 4711, clock_timestamp() + interval '5 s')`;
    await withOwner(db.url, (owner) => owner.query(lease));
    await expect(to(3)).rejects.toMatchObject({
      code: 'repartition-refused',
      message: expect.stringContaining('Replica zombie still has the lease of partition 1'),
    });
    expect(await checkpoints()).toHaveLength(before.length);
    await withOwner(db.url, (owner) => owner.query(`DELETE FROM kernel.leases WHERE owner = 'zombie'`));
    await to(3);
    expect(await checkpoints()).toHaveLength(3);
  });

  it('is refused for what does not read the log, and for a number that can not be', async () => {
    await pause();
    await expect(to(2, 'toy.nobody')).rejects.toMatchObject({ code: 'repartition-refused' });
    for (const partitions of [0, 257, 1.5, -1])
      await expect(to(partitions)).rejects.toMatchObject({ code: 'repartition-refused' });
  });

  it('outlives the processes: those that start later work on as many partitions', async () => {
    await pause();
    await to(4);
    await toy.close();
    toy = await ToyApp.start(db, { parts });
    await resume();
    const ids = Array.from({ length: 8 }, () => newId());
    for (const id of ids) await count(id, 1);
    await settled(toy.app);
    for (const id of ids) expect(await done(id)).toEqual(['1']);
    const { rows } = await db.pools.worker.query(`SELECT partition FROM kernel.leases WHERE subscription = '${NAME}'`);
    expect(rows).toHaveLength(4);
  });
});
