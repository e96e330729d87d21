import type { Client, ClientBase, Pool, PoolClient } from 'pg';

/** How long a patient transaction waits for a lock, in ms: longer than any transaction of commands and workers may take one. */
const LOCK_TIMEOUT_MS = 90_000;

type Work<C extends ClientBase, T> = (tx: C) => Promise<T>;
type End<T> = { readonly result: T } | { readonly error: unknown; readonly isClean: boolean };

/**
 * Runs work in a transaction on a connection of its own: COMMIT when it returns, ROLLBACK when it throws. The connection
 * goes back to the pool exactly once, and is destroyed where its state isn't known. What must not undo the work when it
 * fails belongs after this call.
 *
 * @returns what the work returns, once it is committed
 * @throws what the work throws; or the failure of COMMIT, after which the outcome is unknown if the connection broke
 */
export async function inTransaction<T>(pool: Pool, work: Work<PoolClient, T>): Promise<T> {
  const client = await pool.connect();
  const end = await transact(client, begin, work);
  client.release('error' in end && !end.isClean);
  return resultOf(end);
}

/** As `inTransaction`, on a connection that the caller has, and keeps. */
export async function inTransactionOn<C extends ClientBase, T>(client: C, work: Work<C, T>): Promise<T> {
  return resultOf(await transact(client, begin, work));
}

/** As `inTransaction`, outside the pools and without a time-out: for work of minutes. */
export async function inPatientTransaction<T>(
  pools: { connectPatient(): Promise<Client> },
  work: Work<Client, T>,
): Promise<T> {
  const client = await pools.connectPatient();
  try {
    return resultOf(await transact(client, beginPatiently, work));
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Begins a transaction without an end; only what it waits for has one. PostgreSQL before 17 has no transaction_timeout. */
export async function beginPatiently(client: ClientBase): Promise<void> {
  await client.query(`BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(`SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'`);
}

async function begin(client: ClientBase): Promise<void> {
  await client.query('BEGIN');
}

/** Never rejects, so that what becomes of the connection is decided in one place. */
async function transact<C extends ClientBase, T>(
  client: C,
  beginOn: (client: C) => Promise<void>,
  work: Work<C, T>,
): Promise<End<T>> {
  try {
    await beginOn(client);
    const result = await work(client);
    await client.query('COMMIT');
    return { result };
  } catch (error) {
    return { error, isClean: await isRolledBack(client) };
  }
}

async function isRolledBack(client: ClientBase): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function resultOf<T>(end: End<T>): T {
  if ('error' in end) throw end.error;
  return end.result;
}
