import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientBase } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '../testing/until.js';
import { applyFunctions, functionMismatch, pendingFunctions } from './functions.js';
import { readMigrations, type SqlFunction } from './migrations.js';
import { migrate } from './migrator.js';

let db: FreshDatabase;
const clients: Client[] = [];

async function owner(): Promise<Client> {
  const client = new Client(db.url);
  clients.push(client);
  await client.connect();
  return client;
}

function fn(name: string, version: number, text: string): SqlFunction {
  return { name, version, text, checksum: createHash('sha256').update(text).digest('hex') };
}

/** A function without parameters that returns one number. */
function answering(name: string, version: number, value: number): SqlFunction {
  return fn(name, version, `CREATE OR REPLACE FUNCTION ${name}() RETURNS int LANGUAGE sql AS $$ SELECT ${value} $$;`);
}

async function valueOf(client: ClientBase, call: string): Promise<unknown> {
  const { rows } = await client.query<{ value: unknown }>(`SELECT ${call} AS value`);
  return rows[0]!.value;
}

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await db.drop();
});

describe('a function of a schema', () => {
  it('is replaced when its version has gone up, and only then', async () => {
    const client = await owner();
    expect(await applyFunctions(client, [answering('kernel.one', 1, 1)])).toEqual(['kernel.one']);
    expect(await applyFunctions(client, [answering('kernel.one', 1, 1)])).toEqual([]);
    const newer = [answering('kernel.one', 2, 11)];
    expect(await functionMismatch(client, newer)).toBe('Version 2 of function kernel.one is not applied.');
    expect(await pendingFunctions(client, newer)).toEqual(newer);
    expect(await applyFunctions(client, newer)).toEqual(['kernel.one']);
    expect(await valueOf(client, 'kernel.one()')).toBe(11);
    expect(await functionMismatch(client, newer)).toBeUndefined();
  });

  it('keeps the newer text when a process of an older release starts, which works on with it', async () => {
    const client = await owner();
    const older = [answering('kernel.two', 1, 2)];
    await applyFunctions(client, older);
    await applyFunctions(client, [answering('kernel.two', 2, 22)]);
    expect(await applyFunctions(client, older)).toEqual([]);
    expect(await valueOf(client, 'kernel.two()')).toBe(22);
    expect(await functionMismatch(client, older)).toBeUndefined();
  });

  it('is refused when its text has changed under its old version', async () => {
    const client = await owner();
    await applyFunctions(client, [answering('kernel.three', 1, 3)]);
    const changed = [answering('kernel.three', 1, 33)];
    await expect(applyFunctions(client, changed)).rejects.toThrow(/kernel\.three was changed.*Raise the version/);
    expect(await functionMismatch(client, changed)).toMatch(/kernel\.three was changed/);
    expect(await valueOf(client, 'kernel.three()')).toBe(3);
  });

  it('may call functions that come after it', async () => {
    const client = await owner();
    const calls = fn(
      'kernel.calls',
      1,
      `CREATE OR REPLACE FUNCTION kernel.calls() RETURNS int LANGUAGE sql AS $$ SELECT kernel.later() $$;`,
    );
    await applyFunctions(client, [calls, answering('kernel.later', 1, 4)]);
    expect(await valueOf(client, 'kernel.calls()')).toBe(4);
  });

  it('that fails leaves all of them as they were, and is named', async () => {
    const client = await owner();
    await applyFunctions(client, [answering('kernel.five', 1, 5)]);
    const wrong = fn(
      'kernel.wrong',
      1,
      'CREATE OR REPLACE FUNCTION kernel.wrong() RETURNS int LANGUAGE sql AS $$ SELECT kernel.absent() $$;',
    );
    await expect(applyFunctions(client, [answering('kernel.five', 2, 55), wrong])).rejects.toThrow(
      /left nothing behind: function kernel\.absent\(\) does not exist \(SQLSTATE 42883, function kernel\.wrong\)/,
    );
    expect(await valueOf(client, 'kernel.five()')).toBe(5);
  });

  it('is as it was where the connection was killed while it was replaced', async () => {
    const [victim, next] = await Promise.all([owner(), owner()]);
    victim.on('error', () => undefined);
    const slow = fn('kernel.slow', 1, 'SELECT pg_sleep(30)');
    const dying = applyFunctions(victim, [answering('kernel.six', 1, 6), slow]).catch((error: Error) => error.message);
    await until('the functions were being replaced, and the connection is killed', async () => {
      const { rowCount } = await next.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      return rowCount === 1;
    });
    expect(await dying).toMatch(/terminat|server conn crashed/);
    await expect(valueOf(next, 'kernel.six()')).rejects.toThrow(/does not exist/);
    expect(await applyFunctions(next, [answering('kernel.six', 1, 6)])).toEqual(['kernel.six']);
  });

  it('is replaced by one of several starts at once', async () => {
    const starts = await Promise.all([owner(), owner(), owner()]);
    const applied = await Promise.all(
      starts.map((client) => applyFunctions(client, [answering('kernel.seven', 1, 7)])),
    );
    expect(applied.flat()).toEqual(['kernel.seven']);
  });

  it('gets another signature by a step that drops the old one', async () => {
    const client = await owner();
    await applyFunctions(client, [answering('kernel.eight', 1, 8)]);
    const drop = 'DROP FUNCTION IF EXISTS kernel.eight()';
    await migrate(client, [{ folder: 'kernel', name: '9998-drop-eight', up: drop, checksum: drop, breaking: false }]);
    const wider = fn(
      'kernel.eight',
      2,
      `CREATE OR REPLACE FUNCTION kernel.eight(p_more int) RETURNS text LANGUAGE sql AS $$ SELECT '8 and ' || p_more $$;`,
    );
    await applyFunctions(client, [wider]);
    expect(await valueOf(client, 'kernel.eight(1)')).toBe('8 and 1');
  });
});

describe('the files of functions', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-functions-'));
    await mkdir(join(folder, 'toys/functions'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['has no version', 'CREATE OR REPLACE FUNCTION toys.play() RETURNS void LANGUAGE sql AS $$ $$;\n'],
    ['defines another function', '-- version 1\nCREATE OR REPLACE FUNCTION toys.sleep() RETURNS void …'],
    ['can’t be applied twice', '-- version 1\nCREATE FUNCTION toys.play() RETURNS void …'],
  ])('are refused where one %s', async (_, text) => {
    await writeFile(join(folder, 'toys/functions/play.sql'), text);
    await expect(readMigrations(folder)).rejects.toThrow(
      /play\.sql must begin with "-- version 1", and define one function: CREATE OR REPLACE FUNCTION toys\.play\(/,
    );
  });

  it('hold what the database of this release has', async () => {
    const { functions } = await readMigrations();
    const client = await owner();
    const { rows } = await client.query<{ name: string }>(
      `SELECT pronamespace::regnamespace || '.' || proname AS name FROM pg_proc p
        WHERE pronamespace = 'kernel'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`,
    );
    const names = functions.map(({ name }) => name);
    expect(names.filter((name) => !rows.some((row) => row.name === name))).toEqual([]);
    expect(await pendingFunctions(client, functions)).toEqual([]);
  });
});
