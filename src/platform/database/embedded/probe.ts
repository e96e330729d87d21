import type { Client } from 'pg';
import { classify } from '../../../kernel/database/errors.js';
import { clientConfig } from '../../../kernel/database/pools.js';
import { ResilientClient } from '../../../kernel/database/resilient-client.js';

/** What answers at a port: our cluster's server, one that is not ready yet, or anything else. */
export type ProbeResult = 'ours' | 'starting' | 'other';

const CONNECT_TIMEOUT_MS = 2_000;
const CANNOT_CONNECT_NOW = '57P03';

export function ownerUrl(port: number, password: string, database: string): string {
  return `postgres://waybill:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Asks the server at a port which cluster it serves. That is what "it runs" means: a process id may belong to another
 * process by now, and a port too.
 */
export async function probe(port: number, password: string, systemIdentifier: string): Promise<ProbeResult> {
  try {
    return await withClient(ownerUrl(port, password, 'postgres'), async (client) => {
      const { rows } = await client.query<{ id: string }>(
        'SELECT system_identifier::text AS id FROM pg_control_system()',
      );
      return rows[0]?.id === systemIdentifier ? 'ours' : 'other';
    });
  } catch (error) {
    return classify(error).sqlState === CANNOT_CONNECT_NOW ? 'starting' : 'other';
  }
}

/** Runs `work` with a short-lived connection of the owner. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new ResilientClient({
    ...clientConfig('start', { url }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: 5 * CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
