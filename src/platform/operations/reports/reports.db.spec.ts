import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { ConfigurationModule } from '#config';
import {
  CountCommand,
  Counted,
  CounterProjection,
  CounterSearchProjection,
  CounterSearchView,
  CounterView,
  Counters,
  CountHandler,
  KindTotalsView,
  streamOf,
} from '../../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../../test/support/toy-app.js';
import { withOwner } from '../../database/prepare.js';
import { sequence } from '../../../kernel/event-log/sql/sequence.js';
import { newId } from '../../../kernel/messages/ids.js';
import { Subscription } from '../../../kernel/subscriptions/subscription.decorator.js';
import { freshDatabase, type FreshDatabase } from '../../testing/databases.js';
import { eventually } from '../../../kernel/testing/eventually.js';
import { settled } from '../../../kernel/testing/settled.js';
import { OperationsModule } from '../operations.module.js';
import { CausationTrees } from './causation-trees.js';
import { EventFinder } from './event-finder.js';
import { LogReports } from './log-reports.js';
import { ProjectionReports } from './projection-reports.js';
import { SubscriptionReports } from './subscription-reports.js';

@EventsHandler(Counted)
@Subscription('toy.echo', { startFrom: 'beginning', partitions: 2 })
class EchoWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly commands: CommandBus) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    if (!counterId.startsWith('echo-')) await this.commands.execute(new CountCommand(`echo-${counterId}`, by));
  }
}

const providers = [Counters, CountHandler, CounterProjection, CounterSearchProjection, EchoWhenCounted];
let db: FreshDatabase;
let busy: ToyApp;
/** Commits, but runs nothing that reads the log. */
let idle: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const imports = [ConfigurationModule.of(db.configuration), OperationsModule.forRoot({ steps: [], functions: [] })];
  const parts = { entities: [CounterView, CounterSearchView, KindTotalsView], providers, imports };
  idle = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
  await idle.run(new CountCommand('first', 1));
});
afterAll(async () => {
  await busy?.close();
  await idle.close();
  await db.drop();
});

const subscription = async (name: string) => {
  const found = (await idle.get(SubscriptionReports).all()).find((report) => report.name === name);
  return found!;
};

describe('while no process reads the log', () => {
  it('events without a position are counted, and every reader that is not inline lags', async () => {
    expect(await idle.get(LogReports).current()).toMatchObject({ head: 0, eventsNotSequenced: 1, gaps: 0 });
    expect((await subscription('toy.counter-search')).lagSeconds).toBeGreaterThan(0);
    expect((await subscription('toy.counters')).lagSeconds).toBe(0);
  });

  it('a reader is behind by positions, and lags only by what it cares for', async () => {
    await sequence(db.pools.worker, 100);
    expect(await subscription('toy.echo')).toMatchObject({ position: 0, head: 1, behind: 1 });
    expect((await subscription('toy.echo')).lagSeconds).toBeGreaterThan(0);
    expect((await subscription('toy.echo')).partitions).toMatchObject([
      { partition: 0, owner: null, leaseExpiresAt: null, behind: 1 },
      { partition: 1, owner: null },
    ]);
  });
});

describe('while a replica reads the log', () => {
  beforeAll(async () => {
    const imports = [ConfigurationModule.of(db.configuration), OperationsModule.forRoot({ steps: [], functions: [] })];
    const parts = { entities: [CounterView, CounterSearchView, KindTotalsView], providers, imports };
    busy = await ToyApp.start(db, { parts });
  });

  it('every reader comes to have no lag, and has an owner', async () => {
    await eventually(async () => {
      for (const report of await idle.get(SubscriptionReports).all()) expect(report.lagSeconds).toBe(0);
    });
    const { partitions } = await subscription('toy.echo');
    for (const { owner } of partitions) expect(owner).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a subscription that the code has given up is told apart', async () => {
    await withOwner(db.url, (client) =>
      client.query(`INSERT INTO kernel.subscriptions (name, kind) VALUES ('toy.gone', 'handler')`),
    );
    expect(await subscription('toy.gone')).toMatchObject({ isDeclared: false, partitions: [] });
    expect(await subscription('toy.echo')).toMatchObject({ isDeclared: true });
  });

  it('a view that other code has filled is outdated', async () => {
    const filledBy = (version: number): Promise<unknown> =>
      withOwner(db.url, (client) =>
        client.query(`UPDATE kernel.subscriptions SET version = ${version} WHERE name = 'toy.counters'`),
      );
    await filledBy(7);
    const projections = await idle.get(ProjectionReports).all();
    await filledBy(1);
    expect(projections).toMatchObject([
      { name: 'toy.counter-search', context: 'toy', mode: 'async', status: 'running' },
      { name: 'toy.counters', mode: 'inline', version: 1, storedVersion: 7, status: 'outdated' },
    ]);
  });

  it('a request is shown with all that it has caused', async () => {
    const [id, correlationId] = [newId(), newId()];
    await idle.run(new CountCommand(id, 3), { correlationId });
    const trees = idle.get(CausationTrees);
    await eventually(async () => expect((await trees.of(correlationId))?.eventCount).toBe(2));
    await settled(busy.app);
    const tree = (await trees.of(correlationId))!;
    expect(tree).toMatchObject({
      correlationIds: [correlationId],
      isComplete: true,
      roots: [
        {
          name: 'CountCommand',
          events: [
            {
              stream: streamOf(id),
              reactions: [
                { name: 'toy.echo', actor: { id: 'toy.echo' }, events: [{ stream: streamOf(`echo-${id}`) }] },
              ],
            },
          ],
        },
      ],
    });
    const { eventId } = tree.roots[0]!.events[0]!;
    expect(await trees.of(id)).toEqual(tree);
    expect(await trees.of(eventId)).toEqual(tree);
    expect(await idle.get(EventFinder).one(eventId)).toMatchObject({ eventId, correlationId });
  });

  it('two requests about one thing are shown together', async () => {
    const id = newId();
    const correlationIds = [newId(), newId()];
    for (const correlationId of correlationIds) await idle.run(new CountCommand(id, 1), { correlationId });
    expect((await idle.get(CausationTrees).of(streamOf(id)))?.correlationIds).toEqual(correlationIds);
  });

  it('a rare event is searched for in stretches of the log', async () => {
    await settled(busy.app);
    const finder = idle.get(EventFinder);
    const { events, next } = await finder.find({ name: 'toy.counted' }, { after: 0, limit: 2 });
    expect([events.length, next]).toEqual([2, events[1]!.position]);
    expect(await finder.find({ name: 'toy.cleared' }, { after: 0, limit: 2 })).toEqual({ events: [], next: null });
    expect((await finder.last(1)).events[0]!.position).toBe((await idle.get(LogReports).current()).head);
  });
});
