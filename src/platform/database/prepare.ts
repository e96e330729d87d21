import type { ClientBase } from 'pg';
import { maskedUrl } from '#config';
import { unsafeSettings } from './durability.js';
import { classify } from '../../kernel/database/errors.js';
import { ensureGrants, type RoleNames } from './grants.js';
import { chooseLogins, type OwnedDatabase } from './logins.js';
import { applyMigrations } from '../../kernel/migrations/migrate-database.js';
import { readMigrations, type Migrations } from '../../kernel/migrations/migrations.js';
import { inTransaction, type MigratorOptions } from '../../kernel/migrations/migrator.js';
import { examinePooler, POOLER_HOW_TO } from './poolers.js';
import { clientConfig, type Logins } from '../../kernel/database/pools.js';
import type { DatabaseSettings } from './database-settings.js';
import { ResilientClient } from '../../kernel/database/resilient-client.js';

export interface PreparedDatabase {
  readonly logins: Logins;
  /** Titles of the steps that this start applied. */
  readonly applied: readonly string[];
  readonly warnings: readonly string[];
}

/** The database can't be used as it is. The message says what was tried, what came back, and what to do. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

export interface Preparation {
  readonly ownerUrl: string;
  readonly settings: DatabaseSettings;
  readonly migrations?: Migrations;
  readonly report?: (text: string) => void;
}

const OLDEST_VERSION = 150_000;
const NEWEST_TRIED_VERSION = 189_999;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Brings a database to what this code needs: migrations, login roles, privileges. Safe to call from many processes at
 * once and after any crash; does nothing where nothing is missing (a few milliseconds).
 * Throws DatabaseRefused and MigrationRefused, both with a text for the operator.
 */
export async function prepareDatabase({
  ownerUrl,
  settings,
  migrations,
  report,
}: Preparation): Promise<PreparedDatabase> {
  const known = migrations ?? (await readMigrations());
  return withOwner(ownerUrl, async (client) => {
    const database = await ownedDatabase(client, ownerUrl);
    const options: MigratorOptions = report ? { report } : {};
    const { applied } = await applyMigrations(client, known, options);
    const { logins, warnings } = await chooseLogins(database, settings, options).catch((error: unknown) => {
      throw refusedByPooler(ownerUrl, error) ?? error;
    });
    const roles: RoleNames = { app: logins.app.role, worker: logins.worker.role, query: logins.query.role };
    const shortcomings = await inTransaction(client, options, () => ensureGrants(client, known.access, roles));
    const listen = settings.listenUrl === undefined ? logins.worker : { url: settings.listenUrl };
    const pooled = Object.values(logins).find(({ isPooled }) => isPooled)?.url;
    const pooler = await examinePooler({ pooled, listen: listen.url }, settings);
    if (pooler.problem !== undefined) throw new DatabaseRefused(pooler.problem);
    return {
      logins: { ...logins, listen },
      applied,
      warnings: [...warnings, ...shortcomings, ...pooler.warnings, ...(await serverWarnings(database, roles))],
    };
  });
}

/** Runs `work` with one connection of the owner, without client-side time-outs: a migration takes what it takes. */
export async function withOwner<T>(ownerUrl: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = new ResilientClient({
    ...clientConfig('owner', { url: ownerUrl }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw unreachable(ownerUrl, error);
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The database behind a connection of its owner. Throws DatabaseRefused for a server that Waybill can't work with. */
export async function ownedDatabase(client: ClientBase, ownerUrl: string): Promise<OwnedDatabase> {
  const { rows } = await client.query<{ name: string; version: number; standby: boolean }>(
    `SELECT current_database() AS name, current_setting('server_version_num')::int AS version,
            pg_is_in_recovery() AS standby`,
  );
  const { name, version, standby } = rows[0]!;
  if (version < OLDEST_VERSION) {
    throw new DatabaseRefused(
      `PostgreSQL ${Math.floor(version / 10_000)} is running at ${maskedUrl(ownerUrl)}; Waybill needs 15 to 18. ` +
        'Upgrade it, point DATABASE_URL at a newer one, or leave DATABASE_URL unset to use the embedded server.',
    );
  }
  if (standby) {
    throw new DatabaseRefused(
      `The server at ${maskedUrl(ownerUrl)} is a standby and accepts no writes. Point DATABASE_URL at the primary.`,
    );
  }
  return { client, ownerUrl, name, version };
}

/** What of the server's settings falls short. */
export async function serverWarnings({ client, version }: OwnedDatabase, roles: RoleNames): Promise<string[]> {
  const unsafe = await unsafeSettings(client, Object.values(roles));
  const warnings = unsafe.map(
    (setting) => `The server runs with ${setting}: an acknowledged command may be lost in a crash. Turn it on.`,
  );
  if (version > NEWEST_TRIED_VERSION) {
    warnings.push(
      `PostgreSQL ${Math.floor(version / 10_000)} is newer than the versions Waybill is tested with (15 to 18).`,
    );
  }
  return warnings;
}

/** The owner got in and a role that was made for a kind of work didn't: its pooler has a list of users. */
function refusedByPooler(ownerUrl: string, error: unknown): DatabaseRefused | undefined {
  const text = (error as Error).message;
  if (classify(error).sqlState !== '08P01' || !/authentication failed|no such user/.test(text)) return undefined;
  return new DatabaseRefused(
    `The pooler at ${maskedUrl(ownerUrl)} rejects a role that commands, subscriptions or reads log in with: ${text}. ` +
      'Configure auth_query in it, or create the roles yourself, list them there, and set DATABASE_APP_URL, ' +
      `DATABASE_WORKER_URL and DATABASE_QUERY_URL. ${POOLER_HOW_TO}`,
    { cause: error },
  );
}

function unreachable(ownerUrl: string, error: unknown): DatabaseRefused {
  const { sqlState } = classify(error);
  const text = error instanceof AggregateError ? String(error.errors[0]) : (error as Error).message;
  // A pooler has one code for all of it.
  const remedy =
    sqlState?.startsWith('28') || /authentication failed/.test(text)
      ? 'Check user and password in DATABASE_URL.'
      : sqlState === '3D000' || /^database .* does not exist$/.test(text)
        ? 'Create the database, or use another one in DATABASE_URL.'
        : 'Check DATABASE_URL and that the server runs; leave DATABASE_URL unset to use the embedded server.';
  return new DatabaseRefused(`The database at ${maskedUrl(ownerUrl)} can't be reached: ${text}. ${remedy}`, {
    cause: error,
  });
}
