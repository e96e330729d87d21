import type { QueryResult } from 'pg';

interface Asks {
  query(text: string, values: unknown[]): Promise<QueryResult<{ setting: string }>>;
}

/** Without these an acknowledged command may be lost, or a reader may see an event that a crash takes back. */
const REQUIRED = ['fsync', 'full_page_writes', 'synchronous_commit'];

/**
 * The settings that break the promise "acknowledged means kept", as `name=value`; empty if all is well. Fails readiness in
 * production; elsewhere it is only reported.
 *
 * @param roles who commits: a setting of such a role, or of the database, outranks the server's, and the session that asks
 * needn't have it.
 */
export async function unsafeSettings(client: Asks, roles: readonly string[]): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT name || '=' || setting AS setting FROM pg_settings WHERE name = ANY ($1) AND setting = 'off'
     UNION
     SELECT set.line || CASE WHEN r.rolname IS NULL THEN ' (of this database)' ELSE ' (of role ' || r.rolname || ')' END
       FROM pg_db_role_setting s
            LEFT JOIN pg_roles r ON r.oid = s.setrole
            CROSS JOIN unnest(s.setconfig) AS set (line)
      WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND (s.setrole = 0 OR r.rolname = ANY ($2)) AND set.line = ANY ($3)
      ORDER BY 1`,
    [REQUIRED, roles, REQUIRED.flatMap((name) => ['off', 'false', 'no', '0'].map((value) => `${name}=${value}`))],
  );
  return rows.map(({ setting }) => setting);
}
