import { createHash } from 'node:crypto';
import { escapeIdentifier, type ClientBase } from 'pg';
import type { SchemaAccess } from '../../kernel/migrations/migrations.js';
import type { Purpose } from '../../kernel/database/role-settings.js';

/**
 * Who may do what in the database, as one script that is right however often it runs:
 *
 * - application and worker own the rows of the context schemas (write tables, views, personal data);
 * - in the kernel they read everything, call its functions, and write only the tables that `migrations/kernel/grants.js`
 *   lists: events and positions are written by its functions alone, so no login can change or delete one;
 * - the query side reads views, personal data, and the tables that a folder's `grants.js` lists. Nothing else.
 *
 * Nothing is granted to PUBLIC, and a function's default EXECUTE for PUBLIC is taken away: the query side must not reach
 * a function that writes.
 */
export type RoleNames = Readonly<Record<Purpose, string>>;

/**
 * Grants where something changed since the last time. Must run under the migration lock.
 * @returns what falls short, each with its remedy.
 */
export async function ensureGrants(
  client: ClientBase,
  access: readonly SchemaAccess[],
  roles: RoleNames,
): Promise<string[]> {
  await ensureSchemaGrants(client, access, roles);
  return withoutTemporaryObjects(client, roles);
}

/**
 * Takes the right to make temporary objects from PUBLIC, which has it by default. Nothing here needs one, and a temporary
 * type or table of an attacker's is one way less to deceive functions that run as the owner. Checked each time, because
 * a copy of a database (a restore, a clone) doesn't keep the privileges of the database itself.
 */
async function withoutTemporaryObjects(client: ClientBase, roles: RoleNames): Promise<string[]> {
  const [before] = await temporaryRights(client, roles);
  if (before === undefined) return [];
  const revoke = `REVOKE TEMPORARY ON DATABASE ${escapeIdentifier(before.database)} FROM PUBLIC;`;
  // Who doesn't own the database gets a notice, no error.
  await client.query(revoke);
  const left = await temporaryRights(client, roles);
  if (left.length === 0) return [];
  return [
    `The roles ${left.map(({ role }) => role).join(', ')} may create temporary objects, which Waybill does not need. ` +
      `As the owner of the database run: ${revoke}`,
  ];
}

/** The roles that may make temporary objects and don't own the database. */
async function temporaryRights(client: ClientBase, roles: RoleNames): Promise<{ role: string; database: string }[]> {
  const { rows } = await client.query<{ role: string; database: string }>(
    `SELECT r.rolname AS role, d.datname AS database
       FROM pg_roles r, pg_database d
      WHERE d.datname = current_database() AND r.rolname = ANY ($1) AND r.rolname <> current_user
        AND NOT pg_has_role(r.oid, d.datdba, 'USAGE') AND has_database_privilege(r.oid, d.oid, 'TEMPORARY')
      ORDER BY 1`,
    [Object.values(roles)],
  );
  return rows;
}

async function ensureSchemaGrants(
  client: ClientBase,
  access: readonly SchemaAccess[],
  roles: RoleNames,
): Promise<void> {
  const script = grantScript(access, await grantees(client, roles));
  if (script === '') return;
  const fingerprint = await fingerprintOf(client, script);
  await client.query(STATE_TABLE);
  const { rows } = await client.query<{ fingerprint: string }>('SELECT fingerprint FROM kernel_owner.grants');
  if (rows[0]?.fingerprint === fingerprint) return;
  await client.query(script);
  await client.query(
    `INSERT INTO kernel_owner.grants (fingerprint) VALUES ($1)
     ON CONFLICT (only_row) DO UPDATE SET fingerprint = excluded.fingerprint`,
    [fingerprint],
  );
}

const STATE_TABLE = `
  CREATE SCHEMA IF NOT EXISTS kernel_owner;
  CREATE TABLE IF NOT EXISTS kernel_owner.grants
    (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), fingerprint text NOT NULL)`;

/** The roles that need grants: not the owner itself, which may do everything as it is. */
async function grantees(client: ClientBase, roles: RoleNames): Promise<Partial<RoleNames>> {
  const { rows } = await client.query<{ owner: string }>('SELECT current_user AS owner');
  return Object.fromEntries(Object.entries(roles).filter(([, role]) => role !== rows[0]?.owner));
}

/** Changes with the script, the roles (a restored database meets new ones) and the tables and functions there are. */
async function fingerprintOf(client: ClientBase, script: string): Promise<string> {
  const { rows } = await client.query<{ state: string }>(
    `SELECT concat_ws(',',
              (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_roles WHERE $1 LIKE '%"' || rolname || '"%'),
              (SELECT string_agg(folder || '/' || name, ',' ORDER BY folder, name) FROM kernel.migrations),
              (SELECT string_agg(name || '@' || version, ',' ORDER BY name) FROM kernel.functions)) AS state`,
    [script],
  );
  return createHash('sha256')
    .update(`${script}\n${rows[0]?.state ?? ''}`)
    .digest('hex');
}

export function grantScript(access: readonly SchemaAccess[], roles: Partial<RoleNames>): string {
  const writers = [...new Set([roles.app, roles.worker])].filter((role) => role !== undefined);
  const lines = access.flatMap((schema) => [
    ...(schema.folder === 'kernel' ? kernelGrants(schema, writers) : contextGrants(schema.folder, writers)),
    ...(roles.query === undefined ? [] : queryGrants(schema, escapeIdentifier(roles.query))),
  ]);
  return lines.join('\n');
}

function kernelGrants({ folder, writable }: SchemaAccess, writers: readonly string[]): string[] {
  return [
    `REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ${folder} FROM PUBLIC;`,
    ...writers
      .map(escapeIdentifier)
      .flatMap((role) => [
        `GRANT USAGE ON SCHEMA ${folder} TO ${role};`,
        `GRANT SELECT ON ALL TABLES IN SCHEMA ${folder} TO ${role};`,
        `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${folder} TO ${role};`,
        ...writable.map((table) => `GRANT INSERT, UPDATE, DELETE ON ${folder}.${escapeIdentifier(table)} TO ${role};`),
      ]),
  ];
}

function contextGrants(folder: string, writers: readonly string[]): string[] {
  const schemas = [folder, `${folder}_read`, `${folder}_private`].join(', ');
  return [
    `REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schemas} FROM PUBLIC;`,
    ...writers
      .map(escapeIdentifier)
      .flatMap((role) => [
        `GRANT USAGE ON SCHEMA ${schemas} TO ${role};`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schemas} TO ${role};`,
        `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schemas} TO ${role};`,
        `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schemas} TO ${role};`,
      ]),
  ];
}

function queryGrants({ folder, queryable }: SchemaAccess, role: string): string[] {
  const views = `${folder}_read, ${folder}_private`;
  const tables = queryable.map((table) => `GRANT SELECT ON ${folder}.${escapeIdentifier(table)} TO ${role};`);
  if (tables.length > 0) tables.unshift(`GRANT USAGE ON SCHEMA ${folder} TO ${role};`);
  if (folder === 'kernel') return tables;
  return [
    `GRANT USAGE ON SCHEMA ${views} TO ${role};`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${views} TO ${role};`,
    ...tables,
  ];
}
