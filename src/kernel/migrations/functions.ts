import type { ClientBase } from 'pg';
import { failpoint } from '../failpoints.js';
import type { SqlFunction } from './migrations.js';
import { hasKernelTable, inRetriedTransaction, MigrationRefused, refusalOr, type MigratorOptions } from './migrator.js';

/**
 * How the functions of the schemas get into the database, after the steps:
 *
 * - All that have a higher version than the database are replaced in one transaction under the migration lock: a process
 *   that dies in it leaves them all as they were, and no caller meets a mixture of two releases.
 * - A version that is lower than the database's is an older release's, which runs beside a newer one or was started again:
 *   its text is not applied. Steps decide whether it can work there at all (`breaking`).
 * - One version with two texts stops the start: each of two releases would replace the other's function.
 * - Each text is run twice: first without a check of bodies, because functions call each other, then with it.
 */
interface AppliedRow {
  name: string;
  version: number;
  checksum: string;
}

const TABLE = `CREATE TABLE IF NOT EXISTS kernel.functions (
  name       text        PRIMARY KEY,
  version    int         NOT NULL,
  checksum   text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

/**
 * Replaces the functions whose text is newer than the database's. `client` is the owner's, not inside a transaction; every
 * step is applied. Returns the names of those that this call replaced.
 * Throws MigrationRefused: failing SQL, a text that was changed under its old version.
 */
export async function applyFunctions(
  client: ClientBase,
  functions: readonly SqlFunction[],
  options: MigratorOptions = {},
): Promise<readonly string[]> {
  if ((await pendingFunctions(client, functions)).length === 0) return [];
  return inRetriedTransaction(client, 'of functions', options, async () => {
    const pending = await pendingFunctions(client, functions);
    await replaceAll(client, pending);
    await failpoint('migrate.after-functions');
    return pending.map(({ name }) => name);
  });
}

/** What the next `applyFunctions` would replace. Throws MigrationRefused where it would. */
export async function pendingFunctions(
  client: ClientBase,
  functions: readonly SqlFunction[],
): Promise<readonly SqlFunction[]> {
  const applied = await appliedFunctions(client);
  const changed = functions.find(({ name, version, checksum }) => {
    const known = applied.get(name);
    return known?.version === version && known.checksum !== checksum;
  });
  if (changed !== undefined) throw sameVersion(changed);
  return functions.filter(({ name, version }) => version > (applied.get(name)?.version ?? 0));
}

/** Why code that knows `functions` can't work on this database; undefined if it can. */
export async function functionMismatch(
  client: ClientBase,
  functions: readonly SqlFunction[],
): Promise<string | undefined> {
  return refusalOr(async () => {
    const [missing] = await pendingFunctions(client, functions);
    return missing && `Version ${missing.version} of function ${missing.name} is not applied.`;
  });
}

async function replaceAll(client: ClientBase, functions: readonly SqlFunction[]): Promise<void> {
  await client.query(TABLE);
  for (const checksBodies of ['off', 'on']) {
    await client.query(`SET LOCAL check_function_bodies = ${checksBodies}`);
    for (const { name, text } of functions) await client.query(text).catch(namedAs(name));
  }
  for (const { name, version, checksum } of functions) {
    await client.query(
      `INSERT INTO kernel.functions (name, version, checksum) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version, checksum = excluded.checksum, applied_at = excluded.applied_at`,
      [name, version, checksum],
    );
  }
}

/** Adds to an error of the server the function that it is about. */
function namedAs(name: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(error as Error, { where: `function ${name}` });
  };
}

async function appliedFunctions(client: ClientBase): Promise<ReadonlyMap<string, AppliedRow>> {
  if (!(await hasKernelTable(client, 'functions'))) return new Map();
  const { rows } = await client.query<AppliedRow>('SELECT name, version, checksum FROM kernel.functions');
  return new Map(rows.map((row) => [row.name, row]));
}

function sameVersion({ name, version }: SqlFunction): MigrationRefused {
  return new MigrationRefused(
    `The text of function ${name} was changed, but its version is still ${version}. Raise the version in the first line of its ` +
      'file: of two releases the one with the higher version replaces the function.',
  );
}
