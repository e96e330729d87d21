import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Noticed } from '../../../test/support/toys.js';
import { EventStreams } from '../commands/event-streams.js';
import { withOwner } from '../../platform/database/prepare.js';
import { inTransaction } from '../database/transaction.js';
import { armFailpoints } from '../failpoints.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { ProjectionRebuild } from './projection-rebuild.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  // Its workers' clients give up after 3 s.
  toy = await ToyApp.start(db, { pools: poolsOf(db, { workerStatementTimeoutMs: 1_000 }) });
});
afterEach(() => armFailpoints(''));
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const rebuild = (name = 'toy.counters'): Promise<number> => toy.get(ProjectionRebuild).rebuild(name);
const mark = async (): Promise<unknown> =>
  (await toy.rows(`SELECT rebuild_to FROM kernel.subscriptions WHERE name = 'toy.counters'`))[0];
const MARKED = { rebuild_to: expect.any(Number) };
const UNMARKED = { rebuild_to: null };
const total = async (id: string): Promise<unknown> =>
  (await toy.rows<{ total: number }>('SELECT total FROM toy_read.counters WHERE counter_id = $1', id))[0]?.total;

/** Works while a rebuild stands still, because somebody has locked a row that it must remove. */
async function duringRebuild(id: string, work: () => Promise<void>): Promise<void> {
  let rebuilding: Promise<number> | undefined;
  await inTransaction(toy.pools.app, async (tx) => {
    await tx.query({ text: 'SELECT FROM toy_read.counters WHERE counter_id = $1 FOR UPDATE', values: [id] });
    rebuilding = rebuild();
    rebuilding.catch(() => undefined);
    const { rows } = await tx.query<{ xid: string }>('SELECT pg_current_xact_id()::xid::text AS xid');
    await until('the rebuild waits for the row', async () => (await waitersFor(rows[0]!.xid)) > 0);
    await work();
  });
  await rebuilding;
}
const waitersFor = async (xid: string): Promise<number> =>
  (await toy.rows('SELECT FROM pg_locks WHERE NOT granted AND transactionid::text = $1', xid)).length;

it('writers of an inline view that is being rebuilt are refused at once; others, and readers, are not', async () => {
  const [id, other] = [newId(), newId()];
  await toy.run(new CountCommand(id, 5));
  await duringRebuild(id, async () => {
    const [writes, startedAt] = [Array.from({ length: 20 }, () => toy.run(new CountCommand(newId(), 1))), Date.now()];
    for (const end of await Promise.allSettled(writes))
      expect(end).toMatchObject({
        reason: { code: 'view-rebuilding', message: expect.stringContaining('toy.counters') },
      });
    // A lock time-out alone takes 1 s, and there were five of them.
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    await toy.inCommand(() =>
      toy.get(EventStreams).append({ stream: `toy.other:${other}`, events: [new Noticed('x')] }),
    );
    expect(await total(id)).toBe(5);
  });
  await toy.run(new CountCommand(id, 1));
  expect(await total(id)).toBe(6);
  expect(await mark()).toEqual(UNMARKED);
});

it('a rebuild is refused while another one of the same view is under way', async () => {
  const id = newId();
  await toy.run(new CountCommand(id, 5));
  await duringRebuild(id, async () => {
    await expect(rebuild()).rejects.toMatchObject({ code: 'rebuild-under-way' });
    expect(await mark()).toEqual(MARKED);
  });
  expect(await total(id)).toBe(5);
});

it('a rebuild that fails leaves the view as it was, and its writers go on', async () => {
  const id = newId();
  await toy.run(new CountCommand(id, 5));
  await toy.rows('UPDATE toy_read.counters SET total = 7 WHERE counter_id = $1', id);
  armFailpoints('rebuild.before-swap=throw:error');
  await expect(rebuild()).rejects.toThrow('failpoint rebuild.before-swap');
  expect([await mark(), await total(id)]).toEqual([UNMARKED, 7]);
  await toy.run(new CountCommand(id, 1));
  expect(await total(id)).toBe(6);
});

it('the mark of a rebuild whose process has died is removed by the next writer, or the next rebuild', async () => {
  const id = newId();
  const die = (): Promise<unknown> =>
    toy.rows(`UPDATE kernel.subscriptions SET rebuild_to = 1 WHERE name = 'toy.counters'`);
  await die();
  await toy.run(new CountCommand(id, 5));
  expect([await mark(), await total(id)]).toEqual([UNMARKED, 5]);
  await die();
  await rebuild();
  expect([await mark(), await total(id)]).toEqual([UNMARKED, 5]);
});

it('a rebuild that is committed succeeds although it could not be announced', async () => {
  const { worker } = toy.pools;
  const query = worker.query.bind(worker);
  const withoutNotify = (statement: unknown): unknown =>
    JSON.stringify(statement).includes('leases-changed')
      ? Promise.reject(new Error('lost'))
      : query(statement as string);
  Object.assign(worker, { query: withoutNotify });
  await expect(rebuild().finally(() => Object.assign(worker, { query }))).resolves.toEqual(expect.any(Number));
});

it('a rebuild may take longer than any statement or transaction of a worker', async () => {
  await toy.run(new CountCommand(newId(), 5));
  // The rows take 4 s to go; a worker's client gives up after 3 s, and from now on its server after 2 s.
  const limits = [
    'statement_timeout',
    ...(await toy.rows<{ name: string }>(`SELECT name FROM pg_settings WHERE name = 'transaction_timeout'`)).map(
      ({ name }) => name,
    ),
  ];
  const worker = new URL(db.workerUrl).username;
  await withOwner(db.direct.url, async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    for (const limit of limits)
      await client.query(`ALTER ROLE "${worker}" IN DATABASE ${rows[0]!.name} SET ${limit} = '2s'`);
    await client.query(`CREATE FUNCTION toy_read.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(4); RETURN NULL; END $$;
      CREATE TRIGGER slow BEFORE DELETE ON toy_read.counters FOR EACH STATEMENT EXECUTE FUNCTION toy_read.slow()`);
  });
  await expect(rebuild()).resolves.toBeGreaterThan(0);
});
