import { On } from '#kernel/domain';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import {
  CountCommand,
  Counted,
  CounterProjection,
  Counters,
  CounterSearchProjection,
  CounterSearchView,
  CounterView,
  CountHandler,
  KindTotalsView,
  streamOf,
} from '../../../test/support/toys.js';
import { commitWork } from '../commands/commit-statement.js';
import { inTransaction } from '../database/transaction.js';
import { newId } from '../messages/ids.js';
import { Lifecycle } from '../../platform/operations/lifecycle.js';
import { Readiness } from '../../platform/operations/readiness.js';
import { SubscriptionEngine } from '../subscriptions/subscription-engine.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { ProjectionRebuild } from './projection-rebuild.js';
import { ProjectionRegistry } from './projection-registry.js';
import { Projection } from './projection.decorator.js';

@Projection({ name: 'toy.counters', version: 2, mode: 'inline', stream: 'toy.counter', view: CounterView })
class NewerInline {
  @On(Counted)
  counted(row: CounterView | undefined, { counterId, by }: Counted): Partial<CounterView> {
    return { counterId, total: (row?.total ?? 0) + by * 1_000 };
  }
}
@Projection({ name: 'toy.counters', version: 1, mode: 'async', view: CounterView })
class NowAsync extends CounterProjection {}
@Projection({ name: 'toy.counter-search', version: 2, mode: 'async', view: CounterSearchView })
class NewerAsync extends CounterSearchProjection {}

type Projections = readonly (typeof NewerInline | typeof CounterProjection | typeof CounterSearchProjection)[];
const partsOf = (...projections: Projections): ToyParts => ({
  entities: [CounterView, CounterSearchView, KindTotalsView],
  providers: [Counters, CountHandler, ...projections],
});
/** Renews nothing while a spec runs: it is seen until the spec hides it. */
const SEEN_FOR_LONG = { leaseMs: 600_000 };
const COMMAND = { runSubscriptions: false, toleratesOutdatedViews: true };

let db: FreshDatabase;
let old: ToyApp;
let running: ToyApp[] = [];

async function started(parts: ToyParts, kernel: Parameters<typeof ToyApp.start>[1]): Promise<ToyApp> {
  const app = await ToyApp.start(db, { parts, ...kernel });
  running.push(app);
  return app;
}
async function stop(app: ToyApp): Promise<void> {
  running = running.filter((one) => one !== app);
  await app.close();
}
/** As the command line does it: by a process of the new release, which ends then. */
async function rebuild(name: string, parts: ToyParts): Promise<void> {
  const command = await started(parts, { kernel: COMMAND });
  try {
    await command.get(ProjectionRebuild).rebuild(name);
  } finally {
    await stop(command);
  }
}
/**
 * Replaces the old process by one that only writes, and that nobody sees: as if it had stood still for longer than its
 * lease. One that follows the log would be seen again, as soon as it hears of another replica.
 */
async function hideOld(): Promise<void> {
  await stop(old);
  old = await started(partsOf(CounterProjection), { kernel: { ...SEEN_FOR_LONG, runSubscriptions: false } });
  await old.rows('SELECT kernel.release_leases($1)', old.get(SubscriptionEngine).replica);
}
const totalOf = async (id: string): Promise<unknown> =>
  (await old.rows('SELECT total, version FROM toy_read.counters WHERE counter_id = $1', id))[0];

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  old = await started(partsOf(CounterProjection, CounterSearchProjection), { kernel: SEEN_FOR_LONG });
});
afterEach(async () => {
  for (const app of running) await app.close();
  running = [];
  await db.drop();
});

it.each([
  ['inline at version 2', 'toy.counters', 'inline at version 1', NewerInline],
  ['async at version 1', 'toy.counters', 'inline at version 1', NowAsync],
  ['async at version 2', 'toy.counter-search', 'async at version 1', NewerAsync],
])('a start with a view that is %s now is refused, naming the command that helps (%s)', async (is, name, was, type) => {
  await expect(ToyApp.start(db, { parts: partsOf(type) })).rejects.toThrow(
    `${name} is ${is}, but its view was filled ${was}. Its rows can't be mixed. Run: npm run waybill -- rebuild ${name}`,
  );
});

it.each([
  ['inline', 'toy.counters', NewerInline],
  ['async', 'toy.counter-search', NewerAsync],
])(
  'a rebuild of an %s view is refused while a process of another version lives, and says which',
  async (_, name, type) => {
    const id = newId();
    await old.run(new CountCommand(id, 4));
    const api = await started(partsOf(CounterProjection, CounterSearchProjection), {
      kernel: { ...SEEN_FOR_LONG, runSubscriptions: false },
    });
    const replicas = [old, ...(name === 'toy.counters' ? [api] : [])].map((app) => app.get(SubscriptionEngine).replica);
    const refused = await rebuild(name, partsOf(type)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'rebuild-refused' });
    for (const replica of replicas) expect((refused as Error).message).toContain(`${replica} (version 1)`);
    await old.run(new CountCommand(id, 1));
    expect(await totalOf(id)).toEqual({ total: 5, version: 2 });

    await stop(old);
    await stop(api);
    await expect(rebuild(name, partsOf(type))).resolves.toBeUndefined();
    old = await started(partsOf(type), {});
  },
);

it('an inline view is not leased to anybody', async () => {
  const rows = await old.rows('SELECT DISTINCT subscription FROM kernel.leases');
  expect(rows).toEqual([{ subscription: 'toy.counter-search' }]);
});

it('a process of the old release that nobody sees writes no row into an inline view that the new one has rebuilt', async () => {
  const [a, b, c] = [newId(), newId(), newId()];
  for (const id of [a, b]) await old.run(new CountCommand(id, 1));
  await hideOld();
  await rebuild('toy.counters', partsOf(NewerInline));
  const newer = await started(partsOf(NewerInline), { kernel: { runSubscriptions: false } });

  for (const id of [a, c]) {
    await expect(old.run(new CountCommand(id, 1))).rejects.toMatchObject({
      code: 'view-outdated',
      message: expect.stringContaining('toy.counters is filled inline by version 2'),
    });
  }
  await newer.run(new CountCommand(b, 1));
  expect([await totalOf(a), await totalOf(b), await totalOf(c)]).toEqual([
    { total: 1_000, version: 1 },
    { total: 2_000, version: 2 },
    undefined,
  ]);
  expect(await old.rows('SELECT FROM kernel.events WHERE stream_id LIKE $1', `%${c}`)).toEqual([]);
});

it('a rebuild waits for a commit of the old release that is under way, and folds its event', async () => {
  const id = newId();
  const stream = streamOf(id);
  const event = { tenant: 'default', stream, version: 1, id: newId(), name: 'toy.counted', schema: 1 };
  await hideOld();
  let rebuilding: Promise<void> | undefined;
  await inTransaction(old.pools.app, async (tx) => {
    await commitWork(
      tx,
      {
        keys: [],
        streams: [{ tenant: 'default', stream, mode: 'none', count: 1 }],
        uniques: [],
        events: [{ ...event, last: true, data: { counterId: id, by: 1, kind: 'plain' }, meta: { actor: {} } }],
        views: [{ name: 'toy.counters', version: 1 }],
      },
      new Map(),
    );
    await tx.query({ text: 'INSERT INTO toy_read.counters VALUES ($1, 1, 1, 1)', values: [id] });
    rebuilding = rebuild('toy.counters', partsOf(NewerInline));
    rebuilding.catch(() => undefined);
    const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const waiters = 'SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))';
    await until('the rebuild waits', async () => (await old.rows(waiters, rows[0]!.pid)).length > 0);
  });
  await rebuilding;
  expect(await totalOf(id)).toEqual({ total: 1_000, version: 1 });
});

it('a process of the old release is not ready once the new one has rebuilt an inline view that it writes', async () => {
  const readinessOf = (app: ToyApp): Readiness => {
    const lifecycle = new Lifecycle();
    lifecycle.run();
    return new Readiness(
      lifecycle,
      app.pools,
      { steps: [], functions: [] },
      db.configuration,
      app.get(ProjectionRegistry),
    );
  };
  expect(await readinessOf(old).check()).toBeUndefined();
  await hideOld();
  await rebuild('toy.counters', partsOf(NewerInline));
  const newer = await started(partsOf(NewerInline), { kernel: { runSubscriptions: false } });
  expect(await readinessOf(old).check()).toEqual({
    code: 'view-outdated',
    reason:
      'The view toy.counters is filled inline by version 2 of its code, but this process writes it inline by version 1.',
  });
  expect(await readinessOf(newer).check()).toBeUndefined();
});

it('a process that writes a view inline writes no row once the view is kept async', async () => {
  const id = newId();
  await old.run(new CountCommand(id, 1));
  await rebuild('toy.counters', partsOf(NowAsync));
  await expect(old.run(new CountCommand(id, 1))).rejects.toMatchObject({ code: 'view-outdated' });
});

it('an async view is filled by the new version once it was rebuilt', async () => {
  const id = newId();
  await old.run(new CountCommand(id, 4));
  await settled(old.app);
  await stop(old);
  await rebuild('toy.counter-search', partsOf(NewerAsync));
  old = await started(partsOf(NewerAsync), {});
  await settled(old.app);
  expect(await old.rows('SELECT counter_id, total FROM toy_read.counter_search')).toEqual([
    { counter_id: id, total: 4 },
  ]);
  const owners = await old.rows('SELECT DISTINCT owner, subscription FROM kernel.leases');
  expect(owners).toEqual([{ owner: old.get(SubscriptionEngine).replica, subscription: 'toy.counter-search' }]);
});

it('a view that was inline is filled as async with the same rows once it was rebuilt, and back', async () => {
  for (let n = 1; n <= 5; n += 1) await old.run(new CountCommand(newId(), n));
  const rows = () => old.rows('SELECT * FROM toy_read.counters ORDER BY counter_id');
  const inline = await rows();
  await stop(old);
  await rebuild('toy.counters', partsOf(NowAsync));
  old = await started(partsOf(NowAsync), {});
  await settled(old.app);
  expect(await rows()).toEqual(inline);

  await stop(old);
  await rebuild('toy.counters', partsOf(CounterProjection));
  old = await started(partsOf(CounterProjection), {});
  expect(await rows()).toEqual(inline);
});
