import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { basename, join } from 'node:path';

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

/** A function of one schema, with the triggers that call it: its current text, in a file of its own. */
export interface SqlFunction {
  /** `kernel.commit` */
  readonly name: string;
  /** Goes up with every change of the text: of two releases the one with the higher version has the newer text. */
  readonly version: number;
  /** SQL that replaces the function whatever text of it is there. */
  readonly text: string;
  readonly checksum: string;
}

/** What a folder's `grants.js` declares about its schema, besides the rules that hold for all (see grants.ts). */
export interface SchemaAccess {
  readonly folder: string;
  /** Tables of this schema that the query side may read. */
  readonly queryable: readonly string[];
  /** Only for the kernel: tables that application and worker may write. Context schemas are theirs entirely. */
  readonly writable: readonly string[];
}

/** What code needs of a database to work on it. */
export interface KnownSchema {
  readonly steps: readonly Migration[];
  readonly functions: readonly SqlFunction[];
}

export interface Migrations extends KnownSchema {
  readonly access: readonly SchemaAccess[];
}

/** The project's `migrations` folder: beside `src` and beside `dist`. */
export const migrationsFolder = fileURLToPath(new URL('../../../migrations/', import.meta.url));

const GRANTS_FILE = 'grants.js';
const STEP_FILE = /^(\d{4}-[a-z0-9-]+)\.js$/;
const FUNCTIONS_FOLDER = 'functions';
const FUNCTION_VERSION = /^-- version ([1-9]\d*)\r?\n/;

/** What the kernel itself needs. */
export async function kernelMigrations(): Promise<Migrations> {
  return joined([await readSchema(migrationsFolder, 'kernel')]);
}

/**
 * Reads `<folder>/<schema>/NNNN-title.js` and `<folder>/<schema>/functions/<name>.sql`: the kernel's schema first, the
 * others by name.
 * Throws where a file's name or content isn't a migration's.
 */
export async function readMigrations(folder: string = migrationsFolder): Promise<Migrations> {
  const entries = await readdir(folder, { withFileTypes: true });
  const schemas = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const ordered = schemas.toSorted((a, b) => Number(b === 'kernel') - Number(a === 'kernel') || (a < b ? -1 : 1));
  return joined(await Promise.all(ordered.map((schema) => readSchema(folder, schema))));
}

function joined(read: readonly SchemaFolder[]): Migrations {
  return {
    steps: read.flatMap(({ steps }) => steps),
    functions: read.flatMap(({ functions }) => functions),
    access: read.map(({ access }) => access),
  };
}

interface SchemaFolder {
  readonly steps: readonly Migration[];
  readonly functions: readonly SqlFunction[];
  readonly access: SchemaAccess;
}

async function readSchema(root: string, folder: string): Promise<SchemaFolder> {
  const entries = await readdir(join(root, folder));
  const files = entries.filter((file) => file.endsWith('.js')).toSorted();
  const access = files.includes(GRANTS_FILE) ? await importFile(join(root, folder, GRANTS_FILE)) : {};
  const steps = await Promise.all(
    files.filter((file) => file !== GRANTS_FILE).map((file) => readStep(join(root, folder, file), folder, file)),
  );
  return {
    steps,
    functions: entries.includes(FUNCTIONS_FOLDER) ? await readFunctions(root, folder) : [],
    access: { folder, queryable: texts(access['queryable']), writable: texts(access['writable']) },
  };
}

async function readStep(path: string, folder: string, file: string): Promise<Migration> {
  const name = STEP_FILE.exec(file)?.[1];
  const { up, breaking } = await importFile(path);
  if (name === undefined || typeof up !== 'string') {
    throw new Error(`${path} is not a migration. Name it 0001-what-it-does.js and export its SQL as one string: up.`);
  }
  return { folder, name, up, checksum: checksumOf(up), breaking: breaking === true };
}

async function readFunctions(root: string, folder: string): Promise<SqlFunction[]> {
  const path = join(root, folder, FUNCTIONS_FOLDER);
  const files = (await readdir(path)).toSorted();
  return Promise.all(files.map((file) => readFunction(join(path, file), `${folder}.${basename(file, '.sql')}`)));
}

async function readFunction(path: string, name: string): Promise<SqlFunction> {
  const text = await readFile(path, 'utf8');
  const version = Number(FUNCTION_VERSION.exec(text)?.[1]);
  const defined = [...text.matchAll(/^CREATE OR REPLACE FUNCTION ([\w.]+)\(/gm)].map((match) => match[1]);
  if (Number.isNaN(version) || defined.length !== 1 || defined[0] !== name) {
    throw new Error(
      `${path} must begin with "-- version 1", and define one function: CREATE OR REPLACE FUNCTION ${name}(.`,
    );
  }
  return { name, version, text, checksum: checksumOf(text) };
}

function checksumOf(sql: string): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}
