import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { functionMismatch } from './functions.js';
import { applyMigrations } from './migrate-database.js';
import { kernelMigrations, type Migration, type SqlFunction } from './migrations.js';
import { schemaMismatch } from './migrator.js';

let db: FreshDatabase;
let client: Client;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  client = new Client(db.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await db.drop();
});

const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const step = (name: string, up: string, breaking = false): Migration => {
  return { folder: 'kernel', name, up, breaking, checksum: checksumOf(up) };
};
const answering = (value: number): SqlFunction => {
  const text = `CREATE OR REPLACE FUNCTION kernel.answer() RETURNS int LANGUAGE sql AS $$ SELECT ${value} $$;`;
  return { name: 'kernel.answer', version: 1, text, checksum: checksumOf(text) };
};

it('a release that is refused for a function has applied none of its steps, so the release before still starts', async () => {
  const kernel = await kernelMigrations();
  const old = {
    steps: [...kernel.steps, step('9001-answers', 'CREATE TABLE kernel.answers (a int, b int)')],
    functions: [...kernel.functions, answering(1)],
  };
  await applyMigrations(client, old);
  const next = {
    steps: [...old.steps, step('9002-fewer-answers', 'ALTER TABLE kernel.answers DROP COLUMN b', true)],
    functions: [...kernel.functions, answering(2)],
  };
  await expect(applyMigrations(client, next)).rejects.toThrow('was changed, but its version is still 1');
  expect(await schemaMismatch(client, old.steps)).toBeUndefined();
  expect(await functionMismatch(client, old.functions)).toBeUndefined();
  expect((await client.query('SELECT b FROM kernel.answers')).rowCount).toBe(0);
});
