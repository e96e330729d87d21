import { getMetadataArgsStorage, type EntityMetadata } from 'typeorm';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import './app.module.js';
import { dataSourceOver } from './kernel/database/typeorm.js';

let db: FreshDatabase;
let entities: readonly EntityMetadata[];

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  const classes = getMetadataArgsStorage().tables.map(({ target }) => target as new () => object);
  const source = await dataSourceOver(db.pools.app, classes).initialize();
  entities = source.entityMetadatas;
  await source.destroy();
});
afterAll(() => db.drop());

/** Columns of the tables in the database, as `schema.table.column`. */
async function columns(condition: string): Promise<string[]> {
  const { rows } = await db.pools.app.query<{ column: string }>(
    `SELECT n.nspname || '.' || c.relname || '.' || a.attname AS "column"
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND ${condition} ORDER BY 1`,
  );
  return rows.map(({ column }) => column);
}

const tableOf = ({ schema, tableName }: EntityMetadata): string => `${schema}.${tableName}`;
const mapped = (): string[] =>
  entities.flatMap((entity) => entity.columns.map(({ databaseName }) => `${tableOf(entity)}.${databaseName}`));

describe('the entities', () => {
  it('have every column that their tables demand, such as version and position of a view', async () => {
    const tables = new Set(entities.map(tableOf));
    const demanded = await columns('a.attnotnull AND NOT a.atthasdef AND a.attidentity = $$$$');
    const ours = demanded.filter((column) => tables.has(column.split('.').slice(0, 2).join('.')));
    expect(ours.length).toBeGreaterThan(20);
    expect(ours.filter((column) => !mapped().includes(column))).toEqual([]);
  });

  it('have no column that their tables lack', async () => {
    const all = await columns('true');
    expect(mapped().filter((column) => !all.includes(column))).toEqual([]);
  });
});
