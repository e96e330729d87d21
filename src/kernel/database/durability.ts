import type { QueryResult } from 'pg';

interface Asks {
  query(text: string): Promise<QueryResult<{ name: string; setting: string }>>;
}

/** Without these an acknowledged command may be lost, or a reader may see an event that a crash takes back. */
const REQUIRED = ['fsync', 'full_page_writes', 'synchronous_commit'];

/**
 * The server's settings that break the promise "acknowledged means kept", as `name=value`; empty if all is well.
 * Fails readiness in production; elsewhere it is only said.
 */
export async function unsafeSettings(client: Asks): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT name, setting FROM pg_settings WHERE name IN (${REQUIRED.map((name) => `'${name}'`).join(', ')}) ORDER BY name`,
  );
  return rows.filter(({ setting }) => setting === 'off').map(({ name, setting }) => `${name}=${setting}`);
}
