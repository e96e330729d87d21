import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { clientConfig } from '../database/pools.js';
import { ResilientClient } from '../database/resilient-client.js';
import { applyFunctions, pendingFunctions } from './functions.js';
import { kernelMigrations, readMigrations, type KnownSchema } from './migrations.js';
import { migrate, type MigrationOutcome, type MigratorOptions } from './migrator.js';

export interface DatabaseMigration {
  /** Of the owner of the database, connected directly. */
  readonly url: string;
  /** Migrations of the application's own, by schema: `<folder>/<schema>/NNNN-title.js`. */
  readonly folder?: string | URL;
  /** Called when something takes longer: another process migrates, a table is in use. */
  readonly report?: (text: string) => void;
}

/**
 * Applies what is missing of the kernel's tables and functions and of the application's own migrations. Safe to call from many
 * processes at once and after any crash; a few milliseconds where nothing is missing.
 * Throws MigrationRefused, with a text for the operator.
 */
export async function migrateDatabase({ url, folder, report }: DatabaseMigration): Promise<MigrationOutcome> {
  const known = [await kernelMigrations()];
  if (folder !== undefined) known.push(await readMigrations(folder instanceof URL ? fileURLToPath(folder) : folder));
  const client = new ResilientClient(clientConfig('owner', { url }));
  try {
    await client.connect();
    const steps = known.flatMap((part) => part.steps);
    const functions = known.flatMap((part) => part.functions);
    return await applyMigrations(client, { steps, functions }, report ? { report } : {});
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Applies what is missing of the steps, then of the functions. `client` is the owner's, not inside a transaction. */
export async function applyMigrations(
  client: ClientBase,
  { steps, functions }: KnownSchema,
  options: MigratorOptions = {},
): Promise<MigrationOutcome> {
  // Refused before anything is changed: a step can't be taken back, and the release before might not run on it.
  await pendingFunctions(client, functions);
  const outcome = await migrate(client, steps, options);
  await applyFunctions(client, functions, options);
  return outcome;
}
