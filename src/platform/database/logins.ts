import type { ClientBase } from 'pg';
import { classify } from '../../kernel/database/errors.js';
import type { RoleNames } from './grants.js';
import { inTransaction, type MigratorOptions } from '../../kernel/migrations/migrator.js';
import type { DatabaseSettings } from './database-settings.js';
import { purposes, roleSettings, type LimitsOf, type Purpose } from '../../kernel/database/role-settings.js';
import { limitWarnings } from './limit-warnings.js';
import { ensureRoles, roleName, RolesNotAllowed, rolesToCreate } from './roles.js';
import { tryLogin, type TriedLogin } from './try-login.js';

export interface ChosenLogins {
  readonly logins: Readonly<Record<Purpose, TriedLogin>>;
  /** What falls short of the design, each with its remedy; `waybill doctor` shows them too. */
  readonly warnings: readonly string[];
}

/** The database as its owner sees it. */
export interface OwnedDatabase {
  readonly client: ClientBase;
  readonly ownerUrl: string;
  readonly name: string;
  /** `server_version_num`. */
  readonly version: number;
}

type Urls = Readonly<Record<Purpose, string>>;

/**
 * Decides who each kind of work signs in as: the URL that the operator gave, else a role that the start makes, else the
 * owner itself, with a warning that holds the SQL to do better.
 */
export async function chooseLogins(
  database: OwnedDatabase,
  settings: DatabaseSettings,
  options: MigratorOptions,
): Promise<ChosenLogins> {
  const limitsOf: LimitsOf = (purpose) => roleSettings(purpose, settings, database.version);
  const given = givenUrls(settings);
  if (isComplete(given)) return tryAll(given, limitsOf, []);
  const { ownerUrl } = database;
  try {
    const made = await madeUrls(database, limitsOf, options);
    return await tryAll({ ...made, ...given }, limitsOf, []);
  } catch (error) {
    const reason = reasonAgainstRoles(error);
    if (reason === undefined) throw error;
    const owner = { app: ownerUrl, worker: ownerUrl, query: ownerUrl };
    return tryAll({ ...owner, ...given }, limitsOf, [sharedLoginWarning(reason, database.name, limitsOf)]);
  }
}

/** What `chooseLogins` would warn of, found out without making a role: for `waybill doctor`. */
export async function loginWarnings(
  { client, name, version }: OwnedDatabase,
  settings: DatabaseSettings,
): Promise<string[]> {
  if (isComplete(givenUrls(settings))) return [];
  const { rows } = await client.query<{ may: boolean; made: boolean }>(
    `SELECT rolsuper OR rolcreaterole AS may, to_regclass('kernel_owner.role_passwords') IS NOT NULL AS made
       FROM pg_roles WHERE rolname = current_user`,
  );
  if (rows[0]?.may || (rows[0]?.made && (await hasMadeRoles(client)))) return [];
  return [
    sharedLoginWarning('The owner of the database may not create roles.', name, (purpose) =>
      roleSettings(purpose, settings, version),
    ),
  ];
}

/** Who each kind of work signs in as at the next start: the role of the URL that the operator gave, else the one that the
 *  start makes. It needn't exist yet. */
export function expectedRoles({ name }: OwnedDatabase, settings: DatabaseSettings): RoleNames {
  const given = givenUrls(settings);
  const roleOf = (purpose: Purpose): string => {
    const url = given[purpose];
    return url === undefined ? roleName(name, purpose) : decodeURIComponent(new URL(url).username);
  };
  return { app: roleOf('app'), worker: roleOf('worker'), query: roleOf('query') };
}

async function hasMadeRoles(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM kernel_owner.role_passwords');
  return rowCount === purposes.length;
}

function givenUrls({ appUrl, workerUrl, queryUrl }: DatabaseSettings): Partial<Urls> {
  const given = { app: appUrl, worker: workerUrl ?? appUrl, query: queryUrl };
  return Object.fromEntries(Object.entries(given).filter(([, url]) => url !== undefined));
}

function isComplete(urls: Partial<Urls>): urls is Urls {
  return purposes.every((purpose) => urls[purpose] !== undefined);
}

async function madeUrls(database: OwnedDatabase, limitsOf: LimitsOf, options: MigratorOptions): Promise<Urls> {
  const { client, ownerUrl, name } = database;
  const made = await inTransaction(client, options, () => ensureRoles(client, name, limitsOf));
  const urlOf = (purpose: Purpose): string => withUser(ownerUrl, made[purpose].role, made[purpose].password);
  return { app: urlOf('app'), worker: urlOf('worker'), query: urlOf('query') };
}

async function tryAll(urls: Urls, limitsOf: LimitsOf, warnings: readonly string[]): Promise<ChosenLogins> {
  const [app, worker, query] = await Promise.all(purposes.map((purpose) => tryLogin(urls[purpose], limitsOf(purpose))));
  const logins = { app: app!, worker: worker!, query: query! };
  return { logins, warnings: [...warnings, ...limitWarnings(logins, limitsOf)] };
}

/** Roles can't be made, or the server's pg_hba.conf doesn't let them in: then the owner does all the work. */
function reasonAgainstRoles(error: unknown): string | undefined {
  if (error instanceof RolesNotAllowed) return error.message;
  const { sqlState } = classify(error);
  if (sqlState === '28000' || sqlState === '28P01')
    return `The server rejected a role that Waybill created: ${String(error)}.`;
  return sqlState === '42501' ? `The owner lacks a privilege: ${String(error)}.` : undefined;
}

function sharedLoginWarning(reason: string, database: string, limitsOf: LimitsOf): string {
  return (
    `${reason} So commands, subscriptions and reads all log in with DATABASE_URL, and only a setting of the session ` +
    'prevents the query side from writing. To use separate roles, run this as an administrator and set DATABASE_APP_URL, ' +
    `DATABASE_WORKER_URL and DATABASE_QUERY_URL to these roles:\n${rolesToCreate(database, limitsOf)}`
  );
}

/** The same server and database, as another user. */
export function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return changed.toString();
}
