import { resolve } from 'node:path';
import { maskedUrl, type Configuration } from '#config';
import { readMigrations, type KnownSchema } from '../../kernel/migrations/migrations.js';
import { Pools } from '../../kernel/database/pools.js';
import { prepareDatabase } from './prepare.js';

/** The database of this process, migrated and connected. */
export interface OpenDatabase {
  readonly pools: Pools;
  /** The migrations that this code knows; readiness compares them with what is applied. */
  readonly migrations: KnownSchema;
  /** Where the data lives, for people: a folder or a masked URL. */
  readonly place: string;
  /** True if this start made the schema: nothing can be in it. */
  readonly isNew: boolean;
  /** What falls short, each with its remedy. */
  readonly warnings: readonly string[];
  /** Closes the pools, and gives up the embedded server (which stops it, if no other process uses it). */
  close(): Promise<void>;
}

type Report = (text: string) => void;

/** The server that a configuration names, running. */
export interface DatabaseServer {
  readonly ownerUrl: string;
  readonly place: string;
  leave(): Promise<unknown>;
}

/**
 * Finds or starts the database that the configuration names, migrates it and connects to it. With DATABASE_URL the code
 * of the embedded server isn't even loaded.
 * Throws DatabaseRefused, MigrationRefused, EmbeddedServerRefused or NoBinaries: texts for the operator.
 */
export async function openDatabase(
  configuration: Configuration,
  report: Report = () => undefined,
): Promise<OpenDatabase> {
  const server = await findServer(configuration, report);
  try {
    const migrations = await readMigrations();
    const settings = configuration.database;
    const prepared = await prepareDatabase({ ownerUrl: server.ownerUrl, settings, migrations, report });
    const pools = new Pools(prepared.logins, settings);
    return {
      pools,
      migrations,
      place: server.place,
      isNew: prepared.applied.length === migrations.steps.length,
      warnings: prepared.warnings,
      close: async () => {
        try {
          await pools.end();
        } finally {
          await server.leave();
        }
      },
    };
  } catch (error) {
    // Whatever goes wrong there, the first error is the one with the remedy.
    await server.leave().catch(() => undefined);
    throw error;
  }
}

/** Starts the embedded server where DATABASE_URL isn't set, and attaches to it where it runs. */
export async function findServer({ database, runtime }: Configuration, report: Report): Promise<DatabaseServer> {
  return database.url === undefined ? embedded(runtime.dataDir, report) : external(database.url);
}

function external(ownerUrl: string): DatabaseServer {
  return { ownerUrl, place: maskedUrl(ownerUrl), leave: async () => undefined };
}

async function embedded(dataDir: string, report: Report): Promise<DatabaseServer> {
  const { useEmbeddedServer } = await import('./embedded/index.js');
  const server = await useEmbeddedServer({ dataDir: resolve(dataDir), report });
  const place = `${server.folder} (embedded PostgreSQL 18 on port ${server.port})`;
  return { ownerUrl: server.ownerUrl, place, leave: () => server.leave() };
}
