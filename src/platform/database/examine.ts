import type { ClientBase } from 'pg';
import type { Configuration } from '#config';
import { pendingFunctions } from '../../kernel/migrations/functions.js';
import { expectedRoles, loginWarnings } from './logins.js';
import { readMigrations } from '../../kernel/migrations/migrations.js';
import { pendingSteps } from '../../kernel/migrations/migrator.js';
import { findServer } from './open-database.js';
import { examinePooler, firstPooled, type PoolerFindings } from './poolers.js';
import type { DatabaseSettings } from './database-settings.js';
import { ownedDatabase, serverWarnings, withOwner } from './prepare.js';

const MS_PER_SECOND = 1_000;

/** A database as it was found. */
export interface Examination {
  /** The server's major version. */
  readonly version: number;
  /** Migrations and functions that the next start would apply. */
  readonly pending: number;
  /** What falls short, each with its remedy. */
  readonly warnings: readonly string[];
  readonly database: string;
  readonly owner: string;
  /** `UTF8` */
  readonly encoding: string;
  /** How texts are sorted: locale and provider. */
  readonly collation: string;
  /** The system's sorting rules have changed since the database was made. */
  readonly isCollationStale: boolean;
  readonly maxConnections: number;
  /** How far the server's clock is ahead of ours; negative: behind. */
  readonly clockAheadSeconds: number;
  /** The owner may see other roles' transactions. */
  readonly seesAllTransactions: boolean;
  readonly hasTrigrams: boolean;
}

/**
 * Examines the configured database without changing it (an embedded server is started for it). Throws what would
 * stop a start, with a text for the operator.
 */
export async function examineDatabase(
  configuration: Configuration,
  report: (text: string) => void,
): Promise<Examination> {
  const server = await findServer(configuration, report);
  try {
    const { steps, functions } = await readMigrations();
    return await withOwner(server.ownerUrl, async (client) => {
      const database = await ownedDatabase(client, server.ownerUrl);
      const pending = [...(await pendingSteps(client, steps)), ...(await pendingFunctions(client, functions))];
      const pooler = await poolerOf(server.ownerUrl, configuration.database);
      const warnings = [
        ...(pooler.problem === undefined ? [] : [pooler.problem]),
        ...pooler.warnings,
        ...(await loginWarnings(database, configuration.database)),
        ...(await serverWarnings(database, expectedRoles(database, configuration.database))),
      ];
      const facts = await databaseFacts(client);
      return { ...facts, version: Math.floor(database.version / 10_000), pending: pending.length, warnings };
    });
  } finally {
    await server.leave();
  }
}

/** As the start would find it, where roles that it makes sign in at the owner's address. */
async function poolerOf(ownerUrl: string, settings: DatabaseSettings): Promise<PoolerFindings> {
  const app = settings.appUrl ?? ownerUrl;
  const worker = settings.workerUrl ?? app;
  const pooled = await firstPooled([app, worker, settings.queryUrl ?? ownerUrl]);
  return examinePooler({ pooled, listen: settings.listenUrl ?? worker }, settings);
}

type Facts = Omit<Examination, 'version' | 'pending' | 'warnings'>;

async function databaseFacts(client: ClientBase): Promise<Facts> {
  const askedAt = Date.now();
  const { rows } = await client.query<Facts & { now: number }>(
    `SELECT d.datname AS database, current_user AS owner, pg_encoding_to_char(d.encoding) AS encoding,
            coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', d.datcollate)
              || CASE d.datlocprovider WHEN 'b' THEN ' (builtin)' WHEN 'i' THEN ' (ICU)' ELSE '' END AS collation,
            coalesce(d.datcollversion <> pg_database_collation_actual_version(d.oid), false) AS "isCollationStale",
            current_setting('max_connections')::int AS "maxConnections",
            extract(epoch FROM clock_timestamp())::float8 AS now,
            pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesAllTransactions",
            EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'
                       AND (installed_version IS NOT NULL OR to_regnamespace('kernel') IS NULL)) AS "hasTrigrams"
       FROM pg_database d WHERE d.datname = current_database()`,
  );
  const { now, ...facts } = rows[0]!;
  const halfWay = (askedAt + Date.now()) / 2;
  return { ...facts, clockAheadSeconds: now - halfWay / MS_PER_SECOND };
}
