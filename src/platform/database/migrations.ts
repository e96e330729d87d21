import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

/** One step of one schema. `name` is the file without its ending; within a folder, steps are applied by name. */
export interface Migration {
  readonly folder: string;
  readonly name: string;
  /** SQL, run in one transaction of its own. */
  readonly up: string;
  readonly checksum: string;
  /** Code from before this step can't work after it: such code refuses to start and is not ready. */
  readonly breaking: boolean;
}

/** What a folder's `grants.js` says about its schema, besides the rules that hold for all (see grants.ts). */
export interface SchemaAccess {
  readonly folder: string;
  /** Tables of this schema that the query side may read. */
  readonly queryable: readonly string[];
  /** Only for the kernel: tables that application and worker may write. Context schemas are theirs entirely. */
  readonly writable: readonly string[];
}

export interface Migrations {
  readonly steps: readonly Migration[];
  readonly access: readonly SchemaAccess[];
}

/** The project's `migrations` folder: beside `src` and beside `dist`. */
export const migrationsFolder = fileURLToPath(new URL('../../../migrations/', import.meta.url));

const GRANTS_FILE = 'grants.js';
const STEP_FILE = /^(\d{4}-[a-z0-9-]+)\.js$/;

/**
 * Reads `<folder>/<schema>/NNNN-title.js`: the kernel's schema first, the others by name.
 * Throws where a file's name or content isn't a migration's.
 */
export async function readMigrations(folder: string = migrationsFolder): Promise<Migrations> {
  const entries = await readdir(folder, { withFileTypes: true });
  const schemas = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const ordered = schemas.toSorted((a, b) => Number(b === 'kernel') - Number(a === 'kernel') || (a < b ? -1 : 1));
  const read = await Promise.all(ordered.map((schema) => readSchema(folder, schema)));
  return { steps: read.flatMap(({ steps }) => steps), access: read.map(({ access }) => access) };
}

async function readSchema(root: string, folder: string): Promise<{ steps: Migration[]; access: SchemaAccess }> {
  const files = (await readdir(join(root, folder))).filter((file) => file.endsWith('.js')).toSorted();
  const access = files.includes(GRANTS_FILE) ? await importFile(join(root, folder, GRANTS_FILE)) : {};
  const steps = await Promise.all(
    files.filter((file) => file !== GRANTS_FILE).map((file) => readStep(join(root, folder, file), folder, file)),
  );
  return {
    steps,
    access: { folder, queryable: texts(access['queryable']), writable: texts(access['writable']) },
  };
}

async function readStep(path: string, folder: string, file: string): Promise<Migration> {
  const name = STEP_FILE.exec(file)?.[1];
  const { up, breaking } = await importFile(path);
  if (name === undefined || typeof up !== 'string') {
    throw new Error(`${path} is no migration. Name it 0001-what-it-does.js and export its SQL as one string: up.`);
  }
  const checksum = createHash('sha256').update(up.replaceAll('\r\n', '\n')).digest('hex');
  return { folder, name, up, checksum, breaking: breaking === true };
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}
