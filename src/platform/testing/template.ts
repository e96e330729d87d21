import { createHash, createHmac } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg';
import { configurationOf, type Environment } from '#config';
import { withUser } from '../database/logins.js';
import { readMigrations } from '../../kernel/migrations/migrations.js';
import { prepareDatabase, withOwner } from '../database/prepare.js';
import { purposes, roleSettings, type Purpose } from '../../kernel/database/role-settings.js';

/** A migrated, empty database that specs clone theirs from. */
export interface Template {
  readonly database: string;
  /** The URLs of one database on the same server, as the settings of a process that uses it. */
  environmentOf(database: string): Environment;
}

const TEMPLATE_LOCK = 7_735_918_240_173_646;
/** How the comment of a database begins that a failed spec left to look at; a time follows. */
export const KEPT = 'kept ';
/** Other runs at the same time may use another template; one this old is nobody's. */
const HOUR_MS = 60 * 60 * 1_000;

/**
 * The template of the migrations as they are now, whether made already or not. Named after their content, so that a
 * changed migration gets a new one.
 */
export async function templateOf(serverUrl: string): Promise<Template> {
  const migrations = await readMigrations();
  const content = JSON.stringify([
    TEMPLATE_FORMAT,
    [...migrations.steps, ...migrations.functions].map(({ checksum }) => checksum),
    migrations.access,
  ]);
  const database = `waybill_template_${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
  return { database, environmentOf: (name: string) => environmentOf(serverUrl, name) };
}

/** Makes the template unless it is there. `serverUrl` must be allowed to create databases and roles. */
export async function ensureTemplate(serverUrl: string): Promise<Template> {
  const template = await templateOf(serverUrl);
  const { database } = template;
  await withOwner(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    await ensureTestRoles(client, serverUrl);
    if (await isReady(client, database)) return;
    await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${database}`);
    const { database: settings } = configurationOf(template.environmentOf(database));
    await prepareDatabase({ ownerUrl: settings.url!, settings });
    await client.query(`COMMENT ON DATABASE ${database} IS ${escapeLiteral(new Date().toISOString())}`);
    await client.query(`ALTER DATABASE ${database} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  });
  return template;
}

/** Changes when what `ensureTemplate` puts into a template changes. */
const TEMPLATE_FORMAT = 1;

/** Removes what earlier runs left: databases kept after a failure, templates of older migrations. */
export async function removeLeftovers(serverUrl: string, current: string): Promise<void> {
  await withOwner(serverUrl, async (client) => {
    const { rows } = await client.query<{ name: string; made: string | null }>(
      `SELECT datname AS name, shobj_description(oid, 'pg_database') AS made FROM pg_database
        WHERE datname LIKE 'waybill\\_template\\_%' OR datname LIKE 'waybill\\_spec\\_%'`,
    );
    const old = rows.filter(({ name, made }) => name !== current && ageMs(made) > HOUR_MS);
    for (const { name } of old) {
      const database = escapeIdentifier(name);
      // Another run may remove it just now, or somebody look at it: then it stays until the next run.
      await client
        .query(`ALTER DATABASE ${database} WITH IS_TEMPLATE false`)
        .then(() => client.query(`DROP DATABASE IF EXISTS ${database}`))
        .catch(() => undefined);
    }
  });
}

function ageMs(comment: string | null): number {
  return Date.now() - Date.parse((comment ?? '').replace(KEPT, ''));
}

/** Complete means closed: a killed run leaves one that still allows connections. */
async function isReady(client: ClientBase, database: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1 AND NOT datallowconn', [
    database,
  ]);
  return rowCount === 1;
}

function roleOf(purpose: Purpose): string {
  return `waybill_test_${purpose}`;
}

/** The same for every process of a run, and not to be guessed without the server's own password. */
function passwordOf(serverUrl: string, purpose: Purpose): string {
  return createHmac('sha256', new URL(serverUrl).password).update(`waybill-test-${purpose}`).digest('base64url');
}

async function ensureTestRoles(client: ClientBase, serverUrl: string): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const { database: settings } = configurationOf({ NODE_ENV: 'test', DATABASE_URL: serverUrl, AUTH_MODE: 'dev' });
  for (const purpose of purposes) {
    const role = roleOf(purpose);
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    const password = escapeLiteral(passwordOf(serverUrl, purpose));
    await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} LOGIN PASSWORD ${password}`);
    for (const [name, value] of Object.entries(roleSettings(purpose, settings, rows[0]!.version))) {
      await client.query(`ALTER ROLE ${role} SET ${name} = ${escapeLiteral(value)}`);
    }
  }
}

function environmentOf(serverUrl: string, database: string): Environment {
  const owner = new URL(serverUrl);
  owner.pathname = `/${database}`;
  const urlOf = (purpose: Purpose): string =>
    withUser(owner.toString(), roleOf(purpose), passwordOf(serverUrl, purpose));
  return {
    NODE_ENV: 'test',
    AUTH_MODE: 'dev',
    RATE_LIMITS: 'off',
    DATABASE_URL: owner.toString(),
    DATABASE_APP_URL: urlOf('app'),
    DATABASE_WORKER_URL: urlOf('worker'),
    DATABASE_QUERY_URL: urlOf('query'),
  };
}
