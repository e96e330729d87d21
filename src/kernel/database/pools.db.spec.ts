import { Client } from 'pg';
import { configurationOf } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { classify } from './errors.js';
import { Pools } from './pools.js';

let db: FreshDatabase;
let pools: Pools;
/** About a session of the server, which a pooler hands to somebody else after each transaction. */
let direct: Pools;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  const { database } = configurationOf({
    ...db.environment,
    DATABASE_POOL_SIZE: '2',
    DATABASE_WORKER_POOL_SIZE: '2',
    DATABASE_ACQUIRE_TIMEOUT_MS: '300',
    DATABASE_STATEMENT_TIMEOUT_MS: '100',
  });
  pools = new Pools(db.logins, database);
  direct = new Pools(db.direct.logins, { ...database, statementNames: true });
});
afterAll(async () => {
  await pools.end();
  await direct.end();
  await db.drop();
});

const OWN_PID = 'SELECT pg_backend_pid() AS pid';

const kindOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => classify(error).kind,
  );

describe('a pool', () => {
  it('doesn’t wait for ever when all its connections are busy', async () => {
    const busy = await Promise.all([pools.app.connect(), pools.app.connect()]);
    expect(await kindOf(pools.app.query('SELECT 1'))).toBe('unavailable');
    expect(await kindOf(pools.query.query('SELECT 1'))).toBe('none');
    expect(await kindOf(pools.health.query('SELECT 1'))).toBe('none');
    for (const client of busy) client.release();
    expect(await kindOf(pools.app.query('SELECT 1'))).toBe('none');
  });

  it('of subscriptions lets its users queue beyond the time-out of requests, and starves neither leases nor commands', async () => {
    const busy = Promise.all(Array.from({ length: 2 }, () => pools.worker.query('SELECT pg_sleep(1)')));
    const queued = kindOf(pools.worker.query('SELECT 1'));
    expect(await kindOf(pools.control.query('SELECT 1'))).toBe('none');
    expect(await kindOf(pools.app.query('SELECT 1'))).toBe('none');
    expect(pools.worker.waitingCount).toBe(1);
    await busy;
    expect(await queued).toBe('none');
  });

  it('gives up a connection whose server doesn’t answer, rather than handing it to the next', async () => {
    const client = await pools.query.connect();
    const { rows } = await client.query<{ pid: number }>(OWN_PID);
    expect(await kindOf(client.query('SELECT pg_sleep(4)'))).toBe('outcome-unknown');
    expect(await kindOf(client.query('SELECT 1'))).not.toBe('none');
    client.release();
    const next = await pools.query.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(next.rows[0]!.pid).not.toBe(rows[0]!.pid);
  });

  it('survives the end of its connections: each one fails at most one statement', async () => {
    const [used, idle] = await Promise.all([direct.app.connect(), direct.app.connect()]);
    const pids = await Promise.all(
      [used, idle].map(async (client) => (await client.query(OWN_PID)).rows[0]!.pid as number),
    );
    idle.release();
    const owner = new Client(db.url);
    await owner.connect();
    await owner.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
    await owner.end();
    expect(await kindOf(used.query('SELECT 1'))).toMatch(/outcome-unknown|unavailable/);
    used.release();
    expect(await kindOf(direct.app.query('SELECT 1'))).toMatch(/none|outcome-unknown|unavailable/);
    const again = await direct.app.query<{ pid: number }>(OWN_PID);
    expect(pids).not.toContain(again.rows[0]!.pid);
  });

  it('gives up a session whose prepared statement the schema has outdated, so that the next try works', async () => {
    await direct.worker.query('SELECT 1');
    const owner = new Client(db.direct.url);
    await owner.connect();
    await owner.query('CREATE TABLE public.changing (a int)');
    await owner.query('GRANT SELECT ON public.changing TO PUBLIC');
    const read = () => direct.health.query({ name: 'spec_changing', text: 'SELECT * FROM public.changing' });
    await read();
    await owner.query('ALTER TABLE public.changing ADD b int');
    expect(await kindOf(read())).toBe('unavailable');
    expect(await kindOf(read())).toBe('none');

    await direct.health.query('DEALLOCATE ALL');
    expect(await kindOf(read())).toBe('unavailable');
    expect(await kindOf(read())).toBe('none');
    await owner.end();
  });

  it('gives exact values', async () => {
    const { rows } = await pools.app.query(
      `SELECT 9007199254740991::bigint AS big, '2026-01-01 01:00:00+01'::timestamptz AS time, date '1996-07-04' AS day,
              '{"a":1}'::jsonb AS json, ARRAY[1, 2]::bigint[] AS list`,
    );
    expect(rows).toEqual([
      { big: 9007199254740991, time: '2026-01-01T00:00:00.000Z', day: '1996-07-04', json: { a: 1 }, list: [1, 2] },
    ]);
    expect(await kindOf(pools.app.query('SELECT 9007199254740993::bigint'))).toBe('other');
    expect(await kindOf(pools.app.query('SELECT 1'))).toBe('none');
  });

  it('prepares statements by name, unless a pooler in between can’t carry that', async () => {
    const prepared = async (given: Pools): Promise<string[]> => {
      const client = await given.app.connect();
      await client.query({ name: 'spec_named', text: 'SELECT 1' });
      const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_prepared_statements');
      client.release();
      return rows.map(({ name }) => name);
    };
    expect(await prepared(direct)).toEqual(['spec_named']);
    const nameless = new Pools(db.direct.logins, { ...db.configuration.database, statementNames: false });
    expect(await prepared(nameless)).toEqual([]);
    await nameless.end();
  });

  it('cuts a patient client too, which waits as long as it takes', async () => {
    const cut = new Pools(db.logins, db.configuration.database);
    const [patient, ended] = [await cut.connectPatient(), await cut.connectPatient()];
    await ended.end();
    const waiting = kindOf(patient.query('SELECT pg_sleep(600)'));
    cut.cut();
    expect(await waiting).toBe('outcome-unknown');
    await cut.end();
  });

  it('names its connections by their work, and listens on one of its own', async () => {
    const listener = await pools.connectListener();
    const heard = new Promise((resolve) => listener.once('notification', ({ payload }) => resolve(payload)));
    await listener.query('LISTEN waybill_spec');
    await pools.worker.query(`SELECT pg_notify('waybill_spec', 'ring')`);
    expect(await heard).toBe('ring');
    // Within a transaction: a pooler gives the server's connection, and with it the name, to the next one.
    const control = await pools.control.connect();
    await control.query('BEGIN');
    const { rows } = await pools.app.query(
      `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = current_database() ORDER BY 1`,
    );
    expect(rows).toContainEqual({ name: `waybill-listen-${process.pid}` });
    expect(rows).toContainEqual({ name: `waybill-app-${process.pid}` });
    expect(rows).toContainEqual({ name: `waybill-control-${process.pid}` });
    await control.query('COMMIT');
    control.release();
    await listener.end();
  });
});
