import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import {
  CountCommand,
  CountHandler,
  Counted,
  Counters,
  CounterProjection,
  CounterSearchProjection,
  CounterSearchView,
  CounterView,
  KindTotalsView,
  streamOf,
} from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { partitionOf } from './partition-of.js';
import { SubscriptionRestart, type RestartFrom } from './restart.js';
import { Subscription } from './subscription.decorator.js';

/** What the handler was given since somebody looked last. */
let seen: number[] = [];

@EventsHandler(Counted)
@Subscription('toy.remember', { startFrom: 'beginning', partitions: 2 })
class RememberWhenCounted implements IEventHandler<Counted> {
  handle({ by }: Counted): void {
    seen.push(by);
  }
}

const parts: ToyParts = {
  entities: [CounterView, CounterSearchView, KindTotalsView],
  providers: [Counters, CountHandler, CounterProjection, CounterSearchProjection, RememberWhenCounted],
};
const PATIENCE_MS = 30_000;
const FAILED = streamOf('counter-2');
let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
}, PATIENCE_MS);
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const restart = async (name: string, from: RestartFrom): Promise<number> =>
  (await toy.get(SubscriptionRestart).restart(name, from, { by: { id: 'olga' }, reason: 'restored' })).position;
const count = (by: number): Promise<unknown> => toy.run(new CountCommand(`counter-${by}`, by));
const status = async (): Promise<unknown> =>
  (await toy.rows(`SELECT status FROM kernel.subscriptions WHERE name = 'toy.remember'`))[0];
const handled = (...expected: number[]): Promise<void> =>
  eventually(() => expect(seen.toSorted((a, b) => a - b)).toEqual(expected));

describe('an event handler that has seen events which the log does not hold', () => {
  beforeAll(async () => {
    for (const by of [1, 2, 3]) await count(by);
    await settled(toy.app);
    await toy.close();
    await db.pools.worker.query(
      `UPDATE kernel.checkpoints SET position = 1000, event_id = gen_random_uuid() WHERE subscription = 'toy.remember'`,
    );
    await db.pools.worker.query({
      text: `INSERT INTO kernel.failed_events (subscription, key, position, partition, event_id, state)
             SELECT 'toy.remember', $1, l.position, $2, CASE l.position WHEN 1 THEN 4711 ELSE l.event_id END,
                    CASE l.position WHEN 1 THEN 'dead-lettered' ELSE 'waiting' END
               FROM kernel.log l WHERE l.position <= 2`,
      values: [FAILED, partitionOf(FAILED, 2)],
    });
    toy = await ToyApp.start(db, { parts });
    await count(4);
    seen = [];
  }, PATIENCE_MS);

  it('stands still, and says which command lets it go on', async () => {
    expect(await status()).toEqual({ status: 'diverged' });
    expect(toy.said.join()).toContain('subscriptions restart toy.remember --from');
    expect(toy.said.join()).not.toContain('rebuild toy.remember');
  });

  it('goes on in the same process with the event at a position; what was waiting behind a lost one is tried', async () => {
    expect(await restart('toy.remember', 4)).toBe(3);
    await handled(2, 4);
    expect(await status()).toEqual({ status: 'running' });
    expect(await toy.rows(`SELECT FROM kernel.failed_events`)).toEqual([]);
  });

  it('handles everything again from the beginning, also where it was running', async () => {
    seen = [];
    expect(await restart('toy.remember', 'beginning')).toBe(0);
    await handled(1, 2, 3, 4);
  });

  it('handles nothing again from now on', async () => {
    await db.pools.worker.query(`UPDATE kernel.subscriptions SET status = 'stopped' WHERE name = 'toy.remember'`);
    await count(5);
    seen = [];
    expect(await restart('toy.remember', 'now')).toBe(5);
    await count(6);
    await settled(toy.app);
    expect(seen.filter((by) => by < 5)).toEqual([]);
    expect(seen).toContain(6);
  });

  it('tells in the audit who restarted it where, and why', async () => {
    const rows = await toy.rows(
      `SELECT principal, reason, detail FROM kernel.audit WHERE action = 'subscriptions.restart' ORDER BY id`,
    );
    const [principal, reason] = ['olga', 'restored'];
    expect(rows).toEqual([
      { principal, reason, detail: { from: 4, position: 3 } },
      { principal, reason, detail: { from: 'beginning', position: 0 } },
      { principal, reason, detail: { from: 'now', position: 5 } },
    ]);
  });
});

describe('a restart', () => {
  it('that is committed succeeds although the other replicas could not be notified', async () => {
    const { control } = toy.pools;
    const query = control.query.bind(control);
    const withoutNotify = (statement: unknown): unknown =>
      JSON.stringify(statement).includes('leases-changed')
        ? Promise.reject(new Error('lost'))
        : query(statement as string);
    Object.assign(control, { query: withoutNotify });
    try {
      await expect(restart('toy.remember', 'now')).resolves.toBeGreaterThan(0);
      expect(toy.said.join()).toContain('could not be notified');
    } finally {
      Object.assign(control, { query });
    }
  });

  it.each<[string, string, RestartFrom, string]>([
    ['of nobody', 'toy.nobody', 'now', 'subscription-unknown'],
    ['of an async view', 'toy.counter-search', 'beginning', 'restart-refused'],
    ['of an inline view', 'toy.counters', 'beginning', 'restart-refused'],
    ['beyond the end of the log', 'toy.remember', 999, 'restart-refused'],
  ])('is refused %s, and changes nothing', async (_, name, from, code) => {
    const checkpoints = () => toy.rows('SELECT subscription, partition, fence FROM kernel.checkpoints ORDER BY 1, 2');
    const before = await checkpoints();
    await expect(restart(name, from)).rejects.toMatchObject({ code });
    expect(await checkpoints()).toEqual(before);
  });
});
