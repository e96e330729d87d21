import type { ClientBase, Pool, PoolClient } from 'pg';

/** How long a patient transaction waits for a lock, in ms: longer than any transaction of commands and workers may take one. */
const LOCK_TIMEOUT_MS = 90_000;

/**
 * Runs work in a transaction on a connection of its own: COMMIT when it returns, ROLLBACK when it throws. The connection
 * goes back to the pool exactly once, and is destroyed where its state isn't known. What must not undo the work when it
 * fails belongs after this call.
 *
 * @returns what the work returns, once it is committed
 * @throws what the work throws; or the failure of COMMIT, after which the outcome is unknown if the connection broke
 */
export async function inTransaction<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isClean = false;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    isClean = true;
    return result;
  } catch (error) {
    isClean = await rolledBack(client);
    throw error;
  } finally {
    client.release(!isClean);
  }
}

/** Begins a transaction without an end; only what it waits for has one. PostgreSQL before 17 has no transaction_timeout. */
export async function beginPatiently(client: ClientBase): Promise<void> {
  await client.query(`BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(`SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'`);
}

async function rolledBack(client: ClientBase): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
