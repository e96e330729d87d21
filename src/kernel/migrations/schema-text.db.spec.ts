import { readFile } from 'node:fs/promises';
import type { ClientBase } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { migrationsFolder } from './migrations.js';
import { withOwner } from '../../platform/database/prepare.js';

interface SchemaTexts {
  schemaText(client: ClientBase): Promise<string>;
}

/** The index that the migrations leave out where the server has no pg_trgm. */
const TRIGRAM_INDEX = /^.*gin_trgm_ops.*\n/m;

let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(() => db.drop());

describe('migrations/schema.sql', () => {
  it('is what the migrations make of a new database', async () => {
    const scripts = (await import(new URL('../../../scripts/schema-text.mjs', import.meta.url).href)) as SchemaTexts;
    const committed = await readFile(`${migrationsFolder}/schema.sql`, 'utf8');
    expect(committed).toMatch(TRIGRAM_INDEX);
    const made = await withOwner(db.url, (client) => scripts.schemaText(client));
    const expected = TRIGRAM_INDEX.test(made) ? committed : committed.replace(TRIGRAM_INDEX, '');
    // Out of date? npm run docs.
    expect(made).toBe(expected);
  });
});
