import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { failpoint } from '../failpoints.js';
import { classify } from '../database/errors.js';
import { inTransactionOn } from '../database/transaction.js';
import type { Migration } from './migrations.js';

/**
 * How migrations run, and why it can't go wrong half-way:
 *
 * - Each step is one transaction that also records it. A process that dies in it leaves nothing; the next start goes on
 *   there.
 * - Inside the transaction the first thing taken is an advisory lock that ends with it (a session's lock would be lost
 *   behind a pooler). What is still to do is read again under that lock: of two starts at once one applies a step and
 *   the other finds it done.
 * - A step waits for no table lock longer than 2 s, because everything that arrives behind a waiting ALTER waits too.
 *   It steps back and tries again, 20 times.
 * - A step that was applied must never change: its checksum is compared at every start.
 */
export interface MigrationOutcome {
  readonly applied: readonly string[];
}

/** The database can't be brought to what this code needs, by itself. The message says what to do. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

interface AppliedRow {
  folder: string;
  name: string;
  checksum: string;
  breaking: boolean;
}

export interface MigratorOptions {
  /** Called when something takes longer: another process migrates, a table is in use. */
  readonly report?: (text: string) => void;
  readonly lockTimeoutMs?: number;
  readonly lockTries?: number;
}

/** Any number, the same for every version of Waybill. */
export const MIGRATION_LOCK = 7_735_918_240_173_644;
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_TRIES = 20;
/** Another start's long data migration is waited for; a forgotten session that holds the lock ends the start. */
const WAIT_FOR_OTHERS_MS = 10 * 60 * 1_000;

/**
 * Applies what is missing, in order. `client` is the owner's, not inside a transaction.
 * Throws MigrationRefused: changed step, newer database, failing SQL.
 */
export async function migrate(
  client: ClientBase,
  steps: readonly Migration[],
  options: MigratorOptions = {},
): Promise<MigrationOutcome> {
  const applied: string[] = [];
  for (const step of await pendingSteps(client, steps)) {
    if (await applyStep(client, step, options)) applied.push(titleOf(step));
  }
  return { applied };
}

/** What the next `migrate` would apply. Throws MigrationRefused where it would. */
export async function pendingSteps(client: ClientBase, steps: readonly Migration[]): Promise<Migration[]> {
  const known = await appliedSteps(client);
  assertFits(steps, known);
  return steps.filter((step) => !find(known, step));
}

/**
 * Whether code that knows `steps` can work on this database: every step is applied, unchanged, and nothing newer that
 * breaks it. Returns the reason why not, or undefined.
 */
export async function schemaMismatch(client: ClientBase, steps: readonly Migration[]): Promise<string | undefined> {
  return refusalOr(async () => {
    const [missing] = await pendingSteps(client, steps);
    return missing && `Migration ${titleOf(missing)} is not applied.`;
  });
}

/** What `check` returns; where it is refused, the text of the refusal. */
export async function refusalOr(check: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof MigrationRefused) return error.message;
    throw error;
  }
}

/** True if this call applied it, false if another process had. */
function applyStep(client: ClientBase, step: Migration, options: MigratorOptions): Promise<boolean> {
  return inRetriedTransaction(client, titleOf(step), options, () => runStep(client, step));
}

/**
 * As `inTransaction`, tried again while a table is in use.
 * Throws MigrationRefused where the SQL of `title` fails.
 */
export async function inRetriedTransaction<T>(
  client: ClientBase,
  title: string,
  options: MigratorOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { lockTries = LOCK_TRIES, report } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(client, options, work);
    } catch (error) {
      const { kind, sqlState } = classify(error);
      const isBusy = kind === 'lock-timeout' || kind === 'conflict';
      if (!isBusy || attempt >= lockTries) throw failure(title, error, sqlState);
      report?.(`Migration ${title} waits for a table that is in use (try ${attempt} of ${lockTries}).`);
      await pause(Math.random() * 500);
    }
  }
}

async function runStep(client: ClientBase, step: Migration): Promise<boolean> {
  if (find(await appliedSteps(client), step)) return false;
  await failpoint('migrate.before-step');
  await client.query(schemasOf(step.folder));
  await client.query(step.up);
  await client.query('INSERT INTO kernel.migrations (folder, name, checksum, breaking) VALUES ($1, $2, $3, $4)', [
    step.folder,
    step.name,
    step.checksum,
    step.breaking,
  ]);
  await failpoint('migrate.after-step');
  return true;
}

/** Runs `work` in one transaction that holds the migration lock, without the time-outs of ordinary work. */
export async function inTransaction<T>(
  client: ClientBase,
  options: MigratorOptions,
  work: () => Promise<T>,
): Promise<T> {
  return inTransactionOn(client, async () => {
    await takeLock(client, options);
    await client.query(`SET LOCAL lock_timeout = ${options.lockTimeoutMs ?? LOCK_TIMEOUT_MS}`);
    return work();
  });
}

async function takeLock(client: ClientBase, { report }: MigratorOptions): Promise<void> {
  await client.query('SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0');
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
    MIGRATION_LOCK,
  ]);
  if (rows[0]?.taken) return;
  report?.('Another process is migrating this database; waiting for it.');
  await client.query(`SET LOCAL lock_timeout = ${WAIT_FOR_OTHERS_MS}`);
  await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
}

/**
 * Asks the catalog's tables, not to_regclass: that one answers from a cache, which a session that has just waited for
 * another one's migration hasn't refreshed (two first starts at once would both create the kernel).
 */
export async function hasKernelTable(client: ClientBase, table: 'migrations' | 'functions'): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_class WHERE relname = '${table}' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'kernel')`,
  );
  return rowCount === 1;
}

async function appliedSteps(client: ClientBase): Promise<AppliedRow[]> {
  if (!(await hasKernelTable(client, 'migrations'))) return [];
  const applied = await client.query<AppliedRow>('SELECT folder, name, checksum, breaking FROM kernel.migrations');
  return applied.rows;
}

/** A context's three schemas: write tables, read views, personal data (so that roles are granted whole schemas). */
function schemasOf(folder: string): string {
  if (folder !== 'kernel') {
    return ['', '_read', '_private'].map((kind) => `CREATE SCHEMA IF NOT EXISTS ${folder}${kind};`).join('\n');
  }
  return `CREATE SCHEMA IF NOT EXISTS kernel;
    CREATE TABLE IF NOT EXISTS kernel.migrations (
      folder     text        NOT NULL,
      name       text        NOT NULL,
      checksum   text        NOT NULL,
      breaking   boolean     NOT NULL DEFAULT false,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (folder, name)
    );`;
}

function assertFits(steps: readonly Migration[], known: readonly AppliedRow[]): void {
  const changed = steps.find((step) => (find(known, step)?.checksum ?? step.checksum) !== step.checksum);
  if (changed) {
    throw new MigrationRefused(
      `Migration ${titleOf(changed)} was applied to this database, and its SQL was changed since. An applied step must ` +
        'stay as it was: put its old text back and write what you want to change as a new step. If the database holds ' +
        'nothing you need, start with an empty one instead.',
    );
  }
  const newer = known.find((row) => row.breaking && !steps.some((step) => isSame(step, row)));
  if (newer) {
    throw new MigrationRefused(
      `This database was migrated by a newer version of Waybill (${newer.folder}/${newer.name}), which this version ` +
        "can't work with. Start that version, or a newer one.",
    );
  }
}

function failure(title: string, error: unknown, sqlState: string | undefined): unknown {
  if (sqlState === undefined) return error;
  const { message, where } = error as { message: string; where?: string };
  return new MigrationRefused(
    `Migration ${title} failed and left nothing behind: ${message} (SQLSTATE ${sqlState}${where ? `, ${where}` : ''}). ` +
      'Correct it, or what it met in the database, and start again: it goes on from here.',
    { cause: error },
  );
}

function find(known: readonly AppliedRow[], step: Migration): AppliedRow | undefined {
  return known.find((row) => isSame(step, row));
}

function isSame(step: Migration, row: AppliedRow): boolean {
  return row.folder === step.folder && row.name === step.name;
}

function titleOf(step: Pick<Migration, 'folder' | 'name'>): string {
  return `${step.folder}/${step.name}`;
}
