import { createHash, randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg';
import { classify } from '../../kernel/database/errors.js';
import { purposes, type Purpose } from '../../kernel/database/role-settings.js';

/** A login role of this database, made by the start. */
export interface MadeRole {
  readonly role: string;
  readonly password: string;
}

/** Why the roles can't be made: shown with the SQL that an administrator may run instead. */
export class RolesNotAllowed extends Error {
  override readonly name = 'RolesNotAllowed';
}

interface RoleRow {
  purpose: Purpose;
  role: string;
  exists: boolean;
  ours: boolean;
  password: string | null;
  settings: string[] | null;
}

const MAX_IDENTIFIER = 63;
const INSUFFICIENT_PRIVILEGE = '42501';

/** `<database>_app` and so on; a long database name is shortened, and distinguished by a piece of its hash. */
export function roleName(database: string, purpose: Purpose): string {
  const suffix = `_${purpose}`;
  if (Buffer.byteLength(database) + suffix.length <= MAX_IDENTIFIER) return database + suffix;
  const hash = createHash('sha256').update(database).digest('hex').slice(0, 8);
  return `${database.replaceAll(/[^\x20-\x7e]/g, '').slice(0, MAX_IDENTIFIER - suffix.length - 9)}_${hash}${suffix}`;
}

/**
 * Makes the three login roles where they are missing, and sets their time-outs. Their passwords are random and lie in a
 * table that only the owner may read, so that every process of this database signs in with the same ones.
 * Must run under the migration lock. Throws RolesNotAllowed if the owner may not create roles, or if a role of that name
 * has another owner.
 */
export async function ensureRoles(
  client: ClientBase,
  database: string,
  settingsOf: (purpose: Purpose) => Readonly<Record<string, string>>,
): Promise<Record<Purpose, MadeRole>> {
  await client.query(PASSWORD_TABLE);
  const rows = await readRoles(client, database);
  const foreign = rows.find((row) => row.exists && !row.ours);
  if (foreign) {
    throw new RolesNotAllowed(
      `The role ${foreign.role} already exists and was not created by Waybill, so it is not changed.`,
    );
  }
  if (rows.some((row) => !row.exists || row.password === null)) await assertMayCreateRoles(client);
  const made: Partial<Record<Purpose, MadeRole>> = {};
  for (const row of rows) {
    const password = row.password ?? randomBytes(24).toString('base64url');
    await ensureRole(client, row, password, database);
    await ensureSettings(client, row, settingsOf(row.purpose), database);
    made[row.purpose] = { role: row.role, password };
  }
  return made as Record<Purpose, MadeRole>;
}

/** SQL for an administrator, where the owner may not create roles. */
export function rolesToCreate(
  database: string,
  settingsOf: (purpose: Purpose) => Readonly<Record<string, string>>,
): string {
  const lines = purposes.flatMap((purpose) => {
    const role = escapeIdentifier(roleName(database, purpose));
    const sets = Object.entries(settingsOf(purpose)).map(
      ([name, value]) => `ALTER ROLE ${role} IN DATABASE ${escapeIdentifier(database)} SET ${name} = '${value}';`,
    );
    return [`CREATE ROLE ${role} LOGIN PASSWORD '<choose one>';`, ...sets];
  });
  return lines.join('\n');
}

const PASSWORD_TABLE = `
  CREATE SCHEMA IF NOT EXISTS kernel_owner;
  CREATE TABLE IF NOT EXISTS kernel_owner.role_passwords (role text PRIMARY KEY, password text NOT NULL);
  COMMENT ON SCHEMA kernel_owner IS 'Only for the owner: passwords of the login roles, state of the grants.'`;

/** What each role is now: whether it is there, whether we made it, its password and its settings in this database. */
async function readRoles(client: ClientBase, database: string): Promise<RoleRow[]> {
  const { rows } = await client.query<RoleRow>(
    `SELECT wanted.purpose, wanted.role, found.oid IS NOT NULL AS exists,
            coalesce(shobj_description(found.oid, 'pg_authid') = $3, false) AS ours,
            kept.password, sets.setconfig AS settings
       FROM unnest($1::text[], $2::text[]) AS wanted (purpose, role)
       LEFT JOIN pg_roles found ON found.rolname = wanted.role
       LEFT JOIN kernel_owner.role_passwords kept ON kept.role = wanted.role
       LEFT JOIN pg_database base ON base.datname = current_database()
       LEFT JOIN pg_db_role_setting sets ON sets.setrole = found.oid AND sets.setdatabase = base.oid`,
    [purposes, purposes.map((purpose) => roleName(database, purpose)), commentOf(database)],
  );
  return rows;
}

async function assertMayCreateRoles(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ may: boolean; role: string }>(
    'SELECT rolsuper OR rolcreaterole AS may, rolname AS role FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.may) throw new RolesNotAllowed(`The role ${rows[0]?.role ?? ''} may not create roles.`);
}

async function ensureRole(client: ClientBase, row: RoleRow, password: string, database: string): Promise<void> {
  if (row.exists && row.password !== null) return;
  const role = escapeIdentifier(row.role);
  const verb = row.exists ? 'ALTER' : 'CREATE';
  await client.query(`${verb} ROLE ${role} LOGIN NOINHERIT PASSWORD ${escapeLiteral(password)}`);
  await client.query(`COMMENT ON ROLE ${role} IS ${escapeLiteral(commentOf(database))}`);
  await client.query(
    `INSERT INTO kernel_owner.role_passwords (role, password) VALUES ($1, $2)
     ON CONFLICT (role) DO UPDATE SET password = excluded.password`,
    [row.role, password],
  );
}

async function ensureSettings(
  client: ClientBase,
  row: RoleRow,
  wanted: Readonly<Record<string, string>>,
  database: string,
): Promise<void> {
  const target = `ALTER ROLE ${escapeIdentifier(row.role)} IN DATABASE ${escapeIdentifier(database)}`;
  const present = new Set(row.settings ?? []);
  const missing = Object.entries(wanted).filter(([name, value]) => !present.has(`${name}=${value}`));
  if (missing.length === 0) return;
  await client.query('SAVEPOINT settings');
  try {
    for (const [name, value] of missing) await client.query(`${target} SET ${name} = ${escapeLiteral(value)}`);
  } catch (error) {
    // The owner might make roles once, and may not any more: then sessions set at their start what the role doesn't bring.
    if (!row.exists || classify(error).sqlState !== INSUFFICIENT_PRIVILEGE) throw error;
    await client.query('ROLLBACK TO SAVEPOINT settings');
  }
  await client.query('RELEASE SAVEPOINT settings');
}

function commentOf(database: string): string {
  return `Made by Waybill for the database ${database}`;
}
