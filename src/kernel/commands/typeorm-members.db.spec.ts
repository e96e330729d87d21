import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource, EntityManager, type QueryRunner } from 'typeorm';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { BoxEntity } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const source = (): DataSource => toy.app.get(getDataSourceToken(), { strict: false });
const box = (id: string): BoxEntity => Object.assign(new BoxEntity(), { id, total: 1, version: 1 });
const stored = (id: string): Promise<object[]> => toy.rows('SELECT total FROM toy.boxes WHERE id = $1', id);
const INSERT = 'INSERT INTO toy.boxes VALUES ($1, 1, 1)';

type Way = (id: string) => Promise<unknown>;
const byBuilder = (from: { createQueryBuilder(): ReturnType<DataSource['createQueryBuilder']> }, id: string) =>
  from.createQueryBuilder().insert().into(BoxEntity).values(box(id)).execute();
const withRunner = async (runner: QueryRunner, work: (runner: QueryRunner) => Promise<unknown>): Promise<unknown> => {
  try {
    await runner.connect();
    await runner.startTransaction();
    const result = await work(runner);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
};

/** Every way to write by a member of an injected data source, or by what the member gives. */
const FOLLOWING: Readonly<Record<string, Readonly<Record<string, Way>>>> = {
  query: { query: (id) => source().query(INSERT, [id]) },
  sql: { sql: (id) => source().sql`INSERT INTO toy.boxes VALUES (${id}, 1, 1)` },
  transaction: {
    transaction: (id) => source().transaction((inner) => inner.insert(BoxEntity, box(id))),
    'transaction: data source of its manager': (id) =>
      source().transaction((inner) => inner.dataSource.createEntityManager().insert(BoxEntity, box(id))),
  },
  getRepository: {
    'getRepository: insert': (id) => source().getRepository(BoxEntity).insert(box(id)),
    'getRepository: save': (id) => source().getRepository(BoxEntity).save(box(id)),
    'getRepository: query': (id) => source().getRepository(BoxEntity).query(INSERT, [id]),
    'getRepository: manager': (id) => source().getRepository(BoxEntity).manager.insert(BoxEntity, box(id)),
    'getRepository: query builder': (id) => byBuilder(source().getRepository(BoxEntity), id),
    'getRepository: extend': (id) => source().getRepository(BoxEntity).extend({}).insert(box(id)),
  },
  getTreeRepository: { getTreeRepository: (id) => source().getTreeRepository(BoxEntity).insert(box(id)) },
  manager: {
    'manager: insert': (id) => source().manager.insert(BoxEntity, box(id)),
    'manager: transaction': (id) => source().manager.transaction((inner) => inner.save(box(id))),
    'manager: query builder': (id) => byBuilder(source().manager, id),
    'manager: data source': (id) => source().manager.dataSource.query(INSERT, [id]),
  },
  createEntityManager: { createEntityManager: (id) => source().createEntityManager().insert(BoxEntity, box(id)) },
  createQueryBuilder: { createQueryBuilder: (id) => byBuilder(source(), id) },
  createQueryRunner: {
    'createQueryRunner: query': (id) =>
      withRunner(source().createQueryRunner(), (runner) => runner.query(INSERT, [id])),
    'createQueryRunner: manager': (id) =>
      withRunner(source().createQueryRunner(), (runner) => runner.manager.insert(BoxEntity, box(id))),
    'createQueryRunner: without a transaction': (id) => {
      const runner = source().createQueryRunner();
      return released(runner, runner.query(INSERT, [id]));
    },
    'createQueryRunner: builder with it': (id) => {
      const runner = source().createQueryRunner();
      const insert = source().createQueryBuilder(runner).insert().into(BoxEntity).values(box(id));
      return released(runner, insert.execute());
    },
  },
};

/** Members that fail with a text, in a command and outside. */
const REFUSED: Readonly<Record<string, Way>> = {
  setOptions: async () => source().setOptions({}),
  synchronize: () => source().synchronize(),
  dropDatabase: () => source().dropDatabase(),
  runMigrations: () => source().runMigrations(),
  undoLastMigration: () => source().undoLastMigration(),
  showMigrations: () => source().showMigrations(),
  initialize: () => source().initialize(),
  driver: (id) => source().driver.createQueryRunner('master').query(INSERT, [id]),
  getMongoRepository: async () => source().getMongoRepository(BoxEntity),
  mongoManager: async () => source().mongoManager,
  sqljsManager: async () => source().sqljsManager,
};

async function released<T>(runner: QueryRunner, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await runner.release();
  }
}

/** Members that don't query, or only by members above. */
const SILENT = [
  'constructor',
  '@instanceof',
  'options',
  'logger',
  'namingStrategy',
  'metadataTableName',
  'isInitialized',
  'migrations',
  'subscribers',
  'entityMetadatas',
  'entityMetadatasMap',
  'queryResultCache',
  'hasMetadata',
  'getMetadata',
  'findMetadata',
  'buildMetadatas',
  'getManyToManyMetadata',
  'defaultReplicationModeForReads',
  'relationLoader',
  'relationIdLoader',
  'destroy',
];

const ways = Object.values(FOLLOWING).flatMap((of) => Object.entries(of));

describe('a data source that Nest injects', () => {
  it('has no member that isn’t classified as following the unit of work, refused, or not querying', () => {
    const members = new Set([...Object.getOwnPropertyNames(DataSource.prototype), ...Object.keys(source())]);
    const classified = new Set([...Object.keys(FOLLOWING), ...Object.keys(REFUSED), ...SILENT]);
    expect([...members].filter((member) => !classified.has(member))).toEqual([]);
    expect([...classified].filter((member) => !members.has(member))).toEqual([]);
  });

  it.each(ways)('writes in the command’s transaction by %s, and is rolled back with it', async (_, write) => {
    const id = newId();
    const failing = toy.inCommand(async () => {
      await write(id);
      expect(await source().getRepository(BoxEntity).countBy({ id })).toBe(1);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await stored(id)).toEqual([]);
  });

  it.each(ways)('commits with the command what it wrote by %s', async (_, write) => {
    const id = newId();
    await toy.inCommand(() => write(id));
    expect(await stored(id)).toEqual([{ total: 1 }]);
  });

  it.each(ways)('may not write outside a command by %s', async (_, write) => {
    const id = newId();
    await expect(write(id)).rejects.toThrow(/read-only transaction|permission denied/);
    expect(await stored(id)).toEqual([]);
  });

  it.each(Object.entries(REFUSED))('refuses to be used by %s', async (_, use) => {
    const id = newId();
    const saysWhy = /only place that changes the schema|past the unit of work|already|MongoDB|Mongo|Sqljs/i;
    await expect(use(id)).rejects.toThrow(saysWhy);
    await expect(toy.inCommand(() => use(id))).rejects.toThrow(saysWhy);
    expect(await stored(id)).toEqual([]);
  });
});

describe('an entity manager that Nest injects', () => {
  it('is the one of the data source', () => {
    expect(toy.get(EntityManager)).toBe(source().manager);
  });
});
