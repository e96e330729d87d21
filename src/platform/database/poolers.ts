import { randomBytes } from 'node:crypto';
import { maskedUrl } from '#config';
import type { ClientBase } from 'pg';
import { classify } from '../../kernel/database/errors.js';
import { clientConfig } from '../../kernel/database/pools.js';
import { ResilientClient } from '../../kernel/database/resilient-client.js';

const TIMEOUT_MS = 5_000;
const UNKNOWN_STATEMENT = '26000';
/** Ends every text about poolers. */
export const POOLER_HOW_TO = 'docs/how-to/run-behind-pgbouncer.md has all settings.';

/** Whether another session answers than the one that was signed in to: a pooler gives out process ids of its own. */
export async function isPooled(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid !== (client as unknown as { processID: number | null }).processID;
}

/** The first of these URLs behind which a pooler stands. Throws what the server or the network reports. */
export async function firstPooled(urls: readonly string[]): Promise<string | undefined> {
  for (const url of new Set(urls)) if (await connected(url, 1, ([client]) => isPooled(client!))) return url;
  return undefined;
}

/** What a pooler in between would break: a `problem` that must stop the start, and what only falls short. */
export interface PoolerFindings {
  readonly problem: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * @param urls.pooled of a login behind a pooler; undefined where there is none, and nothing is to be found.
 * @param urls.listen where LISTEN goes.
 */
export async function examinePooler(
  urls: { readonly pooled: string | undefined; readonly listen: string },
  settings: { readonly statementNames: boolean },
): Promise<PoolerFindings> {
  if (urls.pooled === undefined) return { problem: undefined, warnings: [] };
  const preserves = !settings.statementNames || (await preservesPreparedStatements(urls.pooled));
  // An unreachable server isn't the pooler's fault; the listener reports it, and retries.
  const listenIsPooled = (await firstPooled([urls.listen]).catch(() => undefined)) !== undefined;
  return {
    problem: preserves ? undefined : namesAreLost(urls.pooled),
    warnings: listenIsPooled ? [NOTIFICATIONS_LOST] : [],
  };
}

/** Such a statement would be missing in some sessions and fail there with 26000, sooner or later. */
function namesAreLost(url: string): string {
  return (
    `The pooler at ${maskedUrl(url)} does not preserve prepared statements, which Waybill uses by ` +
    'name. Set DATABASE_STATEMENT_NAMES=false, or enable them in the pooler (pgbouncer 1.21 and later: ' +
    `max_prepared_statements = 200). ${POOLER_HOW_TO}`
  );
}

const NOTIFICATIONS_LOST =
  'LISTEN goes through a pooler, which delivers no notifications. So replicas see new events by polling only, up to a ' +
  `second later, and hand over slowly. Set DATABASE_LISTEN_URL to the server itself. ${POOLER_HOW_TO}`;

/**
 * Tried, not asked: a second client begins a transaction, for which the pooler takes the session that was used last. Either
 * that one knows the first client's statement, or the first client gets another session now that doesn't.
 */
async function preservesPreparedStatements(url: string): Promise<boolean> {
  const probe = { name: `waybill_probe_${randomBytes(8).toString('hex')}`, text: 'SELECT 1' };
  return connected(url, 2, async ([first, second]) => {
    await first!.query(probe);
    await second!.query('BEGIN');
    const { rowCount } = await second!.query('SELECT FROM pg_prepared_statements WHERE name = $1', [probe.name]);
    if (rowCount === 1) return false;
    try {
      await first!.query(probe);
      return true;
    } catch (error) {
      // A pooler with one session waits for the second client: then both share what was prepared.
      return classify(error).sqlState !== UNKNOWN_STATEMENT;
    }
  });
}

async function connected<T>(
  url: string,
  count: number,
  work: (clients: readonly ResilientClient[]) => Promise<T>,
): Promise<T> {
  const settings = {
    ...clientConfig('start', { url }),
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  };
  const clients = Array.from({ length: count }, () => new ResilientClient(settings));
  try {
    for (const client of clients) await client.connect();
    return await work(clients);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}
