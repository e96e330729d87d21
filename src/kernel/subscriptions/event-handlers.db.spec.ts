import { Injectable, Inject, Scope, type Provider } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { LogTail } from '../event-log/log-tail.js';
import { newId } from '../messages/ids.js';
import { repartition } from '../../../test/support/repartition.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';
import { partitionOf } from './partition-of.js';
import { Subscription } from './subscription.decorator.js';

/** What the handlers of this file are to refuse, and what they saw, by counter. */
const poison = new Set<string>();
const seen: { readonly counterId: string; readonly by: number }[] = [];

/** Counts a second counter for each event of a first, by a command, and fails where the spec wants it. */
@EventsHandler(Counted)
@Subscription('toy.echo', { startFrom: 'beginning', partitions: 4 })
class EchoWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly commands: CommandBus) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    if (counterId.startsWith('echo-')) return;
    await this.commands.execute(new CountCommand(`echo-${counterId}`, by));
    if (poison.has(counterId)) throw new Error(`No echo for ${counterId}.`);
  }
}

@EventsHandler(Counted)
@Injectable({ scope: Scope.REQUEST })
class RememberWhenCounted implements IEventHandler<Counted> {
  constructor(@Inject(REQUEST) private readonly request: Counted) {}

  handle({ counterId, by }: Counted): void {
    if (this.request.counterId === counterId) seen.push({ counterId, by });
  }
}

/** Where a spec lets the events of one counter wait. */
const gates = new Map<string, { readonly arrived: string[]; readonly open: Promise<void> }>();

@EventsHandler(Counted)
@Subscription('toy.gated', { startFrom: 'beginning', partitions: 4 })
class WaitWhenCounted implements IEventHandler<Counted> {
  async handle({ counterId, by }: Counted): Promise<void> {
    const gate = gates.get(counterId);
    gate?.arrived.push(`${counterId} ${by}`);
    await gate?.open;
  }
}

const handlers: Provider[] = [
  EchoWhenCounted,
  RememberWhenCounted,
  WaitWhenCounted,
  { provide: 'alias', useExisting: EchoWhenCounted },
];
const parts: ToyParts = { providers: [Counters, CountHandler, ...handlers] };
let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

/** A counter whose events are handled in another partition of four. */
function idInAnotherPartition(than: string): string {
  for (;;) {
    const id = newId();
    if (partitionOf(streamOf(id), 4) !== partitionOf(streamOf(than), 4)) return id;
  }
}
/** The position of a stream's last event, once it has one. */
async function headWith(stream: string): Promise<number> {
  const [row] = await toy.rows<{ position: number | null }>(
    'SELECT max(l.position) AS position FROM kernel.events e JOIN kernel.log l ON l.event_id = e.id WHERE e.stream_id = $1',
    stream,
  );
  return row!.position ?? Infinity;
}
const failed = (key: string) => toy.get(DeadLetters).find({ key: streamOf(key) });

const ownersOf = (subscription: string) =>
  toy.rows('SELECT DISTINCT owner FROM kernel.leases WHERE subscription = $1', subscription);

describe('an event handler', () => {
  it('runs once per event, with what it commands, also where an alias provides it again', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 3));
    await toy.run(new CountCommand(id, 4));
    await eventually(async () => expect(await toy.countsOf(`echo-${id}`)).toEqual([3, 4]));
  });

  it('lets partitions go on beside each other, each in its own order', async () => {
    const slow = newId();
    const quick = idInAnotherPartition(slow);
    const arrived: string[] = [];
    let open = (): void => undefined;
    gates.set(slow, { arrived, open: new Promise((resolve) => (open = resolve)) });
    gates.set(quick, { arrived, open: Promise.resolve() });
    await toy.run(new CountCommand(slow, 1));
    await eventually(() => expect(arrived).toEqual([`${slow} 1`]));
    for (const by of [2, 3]) await toy.run(new CountCommand(slow, by));
    await toy.run(new CountCommand(quick, 4));
    await eventually(async () => expect(toy.get(LogTail).head).toBeGreaterThanOrEqual(await headWith(streamOf(quick))));
    const openFirst = open;
    gates.set(slow, { arrived, open: new Promise((resolve) => (open = resolve)) });
    openFirst();
    await eventually(() => expect(arrived).toContain(`${quick} 4`));
    expect(arrived).not.toContain(`${slow} 3`);
    open();
    await eventually(() => expect(arrived).toContain(`${slow} 3`));
    expect(arrived.filter((each) => each.startsWith(slow))).toEqual([1, 2, 3].map((by) => `${slow} ${by}`));
  });

  it('is made anew for each event where it is request-scoped, with the event as its request', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 8));
    await eventually(() =>
      expect(seen.filter(({ counterId }) => counterId === id)).toEqual([{ counterId: id, by: 8 }]),
    );
  });

  it('carries correlation and causation on', async () => {
    const id = newId();
    const correlationId = newId();
    await toy.run(new CountCommand(id, 1), { correlationId });
    await eventually(async () => expect(await toy.countsOf(`echo-${id}`)).toHaveLength(1));
    const metas = await toy.rows<{ meta: Record<string, unknown>; event_id: string }>(
      'SELECT meta, event_id FROM kernel.events WHERE stream_id IN ($1, $2) ORDER BY id',
      streamOf(id),
      streamOf(`echo-${id}`),
    );
    expect(metas[1]!.meta).toMatchObject({ correlationId, causationId: metas[0]!.event_id, causationDepth: 1 });
  });

  it('blocks the key of an event that fails, leaves nothing of it, and goes on with all others', async () => {
    const [bad, good] = [newId(), newId()];
    poison.add(bad);
    await toy.run(new CountCommand(bad, 1));
    await toy.run(new CountCommand(bad, 2));
    await toy.run(new CountCommand(good, 5));
    await eventually(async () => expect(await toy.countsOf(`echo-${good}`)).toEqual([5]));
    await eventually(async () =>
      expect(await failed(bad)).toMatchObject([{ state: 'retrying' }, { state: 'waiting' }]),
    );
    expect(await toy.countsOf(`echo-${bad}`)).toEqual([]);
    expect((await failed(bad))[0]!.error).toBe(`No echo for ${bad}.`);

    poison.delete(bad);
    await toy.get(DeadLetters).retry({ key: streamOf(bad) }, { by: { id: 'ada' }, reason: 'fixed' });
    await eventually(async () => expect(await toy.countsOf(`echo-${bad}`)).toEqual([1, 2]));
    await eventually(async () => expect(await failed(bad)).toEqual([]));
  });

  it('can be given corrected data, or spared an event, and says who did it', async () => {
    const bad = newId();
    poison.add(bad);
    for (const by of [1, 2, 3]) await toy.run(new CountCommand(bad, by));
    await eventually(async () => expect(await failed(bad)).toHaveLength(3));
    const letters = toy.get(DeadLetters);
    const [first, second] = await failed(bad);
    await expect(letters.discard(second!.id, { by: { id: 'ada' }, reason: 'no' })).rejects.toMatchObject({
      code: 'dead-letter-waiting',
    });
    await letters.discard(first!.id, { by: { id: 'ada' }, reason: 'spam' });
    await letters.editAndRetry(second!.id, { counterId: `${bad}x`, by: 20, kind: 'plain' }, { by: { id: 'bob' } });
    await eventually(async () => expect(await toy.countsOf(`echo-${bad}x`)).toEqual([20]));
    poison.delete(bad);
    await eventually(async () =>
      expect([await toy.countsOf(`echo-${bad}x`), await toy.countsOf(`echo-${bad}`)]).toEqual([[20], [3]]),
    );
    const audit = await toy.rows(
      `SELECT principal, action, reason FROM kernel.audit WHERE detail::text LIKE $1 ORDER BY id`,
      `%${bad}%`,
    );
    expect(audit).toMatchObject([
      { principal: 'ada', action: 'dead-letters.discard', reason: 'spam' },
      { principal: 'bob', action: 'dead-letters.edit' },
    ]);
  });

  it('takes effect once, however many replicas run it, and is handed over when one stops', async () => {
    const other = await ToyApp.start(db, { parts });
    const ids = Array.from({ length: 20 }, () => newId());
    await Promise.all(ids.map((id) => toy.run(new CountCommand(id, 1))));
    await eventually(async () =>
      expect(await Promise.all(ids.map((id) => toy.countsOf(`echo-${id}`)))).toEqual(ids.map(() => [1])),
    );
    await eventually(async () => expect(await ownersOf('toy.echo')).toHaveLength(2));
    await other.close();
    await Promise.all(ids.map((id) => toy.run(new CountCommand(id, 2))));
    await eventually(async () =>
      expect(await Promise.all(ids.map((id) => toy.countsOf(`echo-${id}`)))).toEqual(ids.map(() => [1, 2])),
    );
  });

  it('is split and merged while events arrive and some are stored as failed, and loses nothing', async () => {
    const [bad, ...ids] = Array.from({ length: 12 }, () => newId());
    poison.add(bad!);
    await toy.run(new CountCommand(bad!, 1));
    await eventually(async () => expect(await failed(bad!)).toHaveLength(1));
    for (const [round, partitions] of [7, 1, 4].entries()) {
      const counting = Promise.all(ids.map((id) => toy.run(new CountCommand(id, round + 1))));
      await repartition(toy, { name: 'toy.echo', partitions });
      await counting;
      expect(await toy.rows(`SELECT FROM kernel.checkpoints WHERE subscription = 'toy.echo'`)).toHaveLength(partitions);
    }
    await eventually(async () =>
      expect(await Promise.all(ids.map((id) => toy.countsOf(`echo-${id}`)))).toEqual(ids.map(() => [1, 2, 3])),
    );
    poison.delete(bad!);
    await toy.get(DeadLetters).retry({ key: streamOf(bad!) }, { by: { id: 'ada' } });
    await eventually(async () => expect(await toy.countsOf(`echo-${bad}`)).toEqual([1]));
  });
});
