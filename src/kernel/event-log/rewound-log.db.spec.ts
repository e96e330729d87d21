import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { snapshotOf } from '../../../test/support/snapshot.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import * as toys from '../../../test/support/toys.js';
import { CountCommand, Counted, GetCounterQuery } from '../../../test/support/toys.js';
import { armFailpoints } from '../failpoints.js';
import { MessageContext } from '../messages/message-context.js';
import { ConsistencyTokens } from '../consistency/consistency-token.js';
import { Subscription } from '../subscriptions/subscription.decorator.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { LogEpoch } from './epoch.js';

@EventsHandler(Counted)
@Subscription('toy.echo', { startFrom: 'beginning', partitions: 4 })
class Echo implements IEventHandler<Counted> {
  constructor(private readonly commands: CommandBus) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    if (!counterId.startsWith('echo-')) await this.commands.execute(new CountCommand(`echo-${counterId}`, by));
  }
}

const parts = {
  entities: [toys.CounterSearchView, toys.KindTotalsView],
  providers: [toys.Counters, toys.CountHandler, toys.GetCounterHandler, toys.CounterSearchProjection, Echo],
};

let db: FreshDatabase;
let toy: ToyApp;
beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
});
afterEach(async () => {
  armFailpoints('');
  await toy.close();
  await db.drop();
});

const count = async (...ids: readonly string[]): Promise<void> => {
  for (const id of ids) await toy.run(new CountCommand(id, 1));
};
/** Streams of counters in the log, each as often as it has events. */
const logged = async (): Promise<string[]> => {
  const rows = await toy.rows<{ id: string }>(
    `SELECT split_part(stream_id, ':', 2) AS id FROM kernel.events WHERE stream_id LIKE 'toy.counter:%' ORDER BY 1`,
  );
  return rows.map(({ id }) => id);
};
const viewed = async (): Promise<string[]> => {
  const rows = await toy.rows<{ id: string }>('SELECT counter_id AS id FROM toy_read.counter_search ORDER BY 1');
  return rows.map(({ id }) => id);
};
const named = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const withEchoes = (...ids: readonly string[]): string[] => [...ids, ...ids.map((id) => `echo-${id}`)].toSorted();
const epochs = (): Promise<{ reason: string }[]> => toy.rows('SELECT reason FROM kernel.epochs ORDER BY id');

describe('a log that is rewound under a running process', () => {
  it('lets no lost event take effect and passes over no new one, though positions and ids are given again', async () => {
    await count(...named('kept', 3));
    await settled(toy.app);
    const snapshot = await snapshotOf(db);
    await count(...named('lost', 4));
    await settled(toy.app);
    await snapshot.restore();
    await count(...named('new', 6));

    const expected = withEchoes(...named('kept', 3), ...named('new', 6));
    await eventually(async () => expect(await logged()).toEqual(expected));
    await eventually(async () => expect(await viewed()).toEqual(expected));
    expect(await toy.rows('SELECT FROM kernel.failed_events')).toEqual([]);
    expect(await epochs()).toEqual([{ reason: 'first start' }, { reason: 'the log was rewound' }]);
    expect(toy.said.join('\n')).toMatch(/The log was rewound: [^]*Lost events known here: 8: .*toy.counter:lost0/);
  }, 30_000);

  it('rolls back a batch that was read before and commits after it', async () => {
    await count('kept');
    await settled(toy.app);
    const snapshot = await snapshotOf(db);
    armFailpoints('sub.after-handler=delay:1500');
    await count('lost');
    await eventually(async () => expect(await toy.rows('SELECT FROM kernel.log WHERE position > 2')).not.toEqual([]));
    await snapshot.restore();
    await count('new');

    const expected = withEchoes('kept', 'new');
    await eventually(async () => expect(await viewed()).toEqual(expected));
    expect(await logged()).toEqual(expected);
  }, 30_000);

  it('has a command that was loaded before it run again, also where the stream is at the same version', async () => {
    await count('x');
    await settled(toy.app);
    const snapshot = await snapshotOf(db);
    await toy.run(new CountCommand('x', 5));
    await settled(toy.app);
    armFailpoints('cmd.before-commit=delay:2500');
    const late = toy.run<{ total: number }>(new CountCommand('x', 100));
    await snapshot.restore();
    const other = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
    await other.run(new CountCommand('x', 7));
    await other.close();
    await eventually(async () => expect(await epochs()).toHaveLength(2));
    expect(await late).toMatchObject({ total: 108 });
  }, 30_000);

  it('answers a token of a lost event as of an unknown epoch', async () => {
    await count('kept');
    await settled(toy.app);
    const snapshot = await snapshotOf(db);
    const lost = new MessageContext();
    await toy.run(new CountCommand('lost', 1), lost);
    const token = toy.get(ConsistencyTokens).forEvent(lost.outcome.lastEvent!);
    await settled(toy.app);
    const before = toy.get(LogEpoch).current;
    await snapshot.restore();
    await count('new');

    const reading = new MessageContext({ consistency: { token, waitMs: 5_000, strict: true } });
    expect(await toy.ask(new GetCounterQuery('lost'), reading)).toBeUndefined();
    expect(reading.outcome).toMatchObject({ unknownEpoch: true });
    await eventually(async () => expect(toy.get(LogEpoch).current).not.toBe(before));
  }, 30_000);
});
