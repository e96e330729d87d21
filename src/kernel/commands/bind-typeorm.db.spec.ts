import { getDataSourceToken, getRepositoryToken } from '@nestjs/typeorm';
import { EntityManager, type DataSource, type Repository } from 'typeorm';
import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { BoxEntity, Counters, streamOf } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { ReadSql } from '../consistency/read-sql.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { UnitOfWork } from './unit-of-work.js';

const POOL_SIZE = 10;

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { pools: poolsOf(db, { poolSize: POOL_SIZE }) });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

/** As Nest injects them. */
const boxes = (): Repository<BoxEntity> => toy.app.get(getRepositoryToken(BoxEntity), { strict: false });
const manager = (): EntityManager => toy.get(EntityManager);
const dataSource = (): DataSource => toy.app.get(getDataSourceToken(), { strict: false });
const box = (id: string, total = 1): BoxEntity => Object.assign(new BoxEntity(), { id, total, version: 1 });
const stored = (id: string): Promise<object[]> => toy.rows('SELECT total FROM toy.boxes WHERE id = $1', id);
const openTransactions = async (): Promise<number> => {
  const { rows } = await db.pools.worker.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
  );
  return rows[0]!.open;
};

describe('an injected repository in a command', () => {
  it('writes in the transaction of the command: all or nothing', async () => {
    const [kept, lost] = [newId(), newId()];
    await toy.inCommand(() => boxes().save(box(kept)));
    await expect(
      toy.inCommand(async () => {
        await boxes().save(box(lost));
        await toy.get(Counters).save(Object.assign(await toy.get(Counters).findOrNew(lost)));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await stored(kept)).toEqual([{ total: 1 }]);
    expect(await stored(lost)).toEqual([]);
  });

  it('sees what the command wrote before, by entity, by query builder and by plain SQL', async () => {
    const id = newId();
    await toy.inCommand(async () => {
      await boxes().insert(box(id, 7));
      expect(await boxes().findOneBy({ id })).toMatchObject({ total: 7 });
      expect(await boxes().createQueryBuilder('b').where('b.id = :id', { id }).getCount()).toBe(1);
      expect(await manager().query('SELECT total FROM toy.boxes WHERE id = $1', [id])).toEqual([{ total: 7 }]);
      expect(await dataSource().query('SELECT total FROM toy.boxes WHERE id = $1', [id])).toEqual([{ total: 7 }]);
      const bySql = await toy.get(ReadSql).query({ text: 'SELECT total FROM toy.boxes WHERE id = $1', values: [id] });
      expect(bySql).toEqual([{ total: 7 }]);
      expect(await stored(id)).toEqual([]);
    });
  });

  it('shares its transaction with aggregates that are kept as events', async () => {
    const id = newId();
    const both = async (): Promise<void> => {
      await boxes().save(box(id));
      const counter = await toy.get(Counters).findOrNew(id);
      counter.count(1);
      await toy.get(Counters).save(counter);
    };
    await toy.inCommand(both);
    expect(await toy.events(streamOf(id))).toHaveLength(1);

    const again = async (): Promise<void> => {
      await boxes().update({ id }, { total: 99 });
      const counter = await toy.get(Counters).load(id);
      counter.count(5_000);
    };
    await expect(toy.inCommand(again)).rejects.toMatchObject({ code: 'toy.limit-reached' });
    expect(await stored(id)).toEqual([{ total: 1 }]);
  });

  it('does not stop for ever when thirty handlers hold all ten connections and ask for more', async () => {
    const ids = Array.from({ length: 3 * POOL_SIZE }, newId);
    const greedy = async (id: string): Promise<number> => {
      await boxes().insert(box(id));
      await manager().query('SELECT pg_sleep(0.02)');
      await boxes().findOneByOrFail({ id });
      await toy.get(Counters).find(id);
      return boxes().countBy({ id });
    };
    const ends = await Promise.all(ids.map((id) => toy.inCommand(() => greedy(id))));
    expect(ends).toEqual(ids.map(() => 1));
  });

  it('would stop if it were not bound, as a control shows that takes connections of its own', async () => {
    let holding = 0;
    const unbound = async (): Promise<unknown> => {
      await boxes().insert(box(newId()));
      holding += 1;
      await until('all handlers hold a connection', () => holding === POOL_SIZE);
      return toy.pools.app.query('SELECT 1');
    };
    const ends = await Promise.allSettled(Array.from({ length: POOL_SIZE }, () => toy.inCommand(unbound)));
    // Only the time-out of the first ones lets the others through.
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.reason).toMatchObject({ message: 'timeout exceeded when trying to connect' });
  });

  it.each<[string, () => { transaction(work: (inner: EntityManager) => Promise<unknown>): Promise<unknown> }]>([
    ['entity manager', manager],
    ['data source', dataSource],
  ])("keeps a transaction of the %s inside the command's", async (_, source) => {
    const [outer, inner] = [newId(), newId()];
    const nesting = async (): Promise<void> => {
      await boxes().insert(box(outer));
      await source().transaction(async (nested) => {
        await nested.insert(BoxEntity, box(inner));
      });
      throw new Error('after the inner one');
    };
    await expect(toy.inCommand(nesting)).rejects.toThrow('after the inner one');
    expect(await stored(outer)).toEqual([]);
    expect(await stored(inner)).toEqual([]);
  });

  it('can take an inner transaction back alone', async () => {
    const [outer, inner] = [newId(), newId()];
    await toy.inCommand(async () => {
      await boxes().insert(box(outer));
      const failing = manager().transaction(async (nested) => {
        await nested.insert(BoxEntity, box(inner));
        throw new Error('inner');
      });
      await expect(failing).rejects.toThrow('inner');
    });
    expect(await stored(outer)).toEqual([{ total: 1 }]);
    expect(await stored(inner)).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a repository', () => boxes().find()],
    ['an entity manager', () => manager().query('SELECT 1')],
    ['reading by SQL', () => toy.get(ReadSql).query({ text: 'SELECT 1' })],
  ])('is refused after the command has ended, and holds no connection: %s', async (_, work) => {
    let late: Promise<unknown> = Promise.resolve();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    await toy.inCommand(() => {
      late = ended.then(work);
      late.catch(() => undefined);
    });
    end();
    await expect(late).rejects.toThrow('came after its command had ended');
    expect(await openTransactions()).toBe(0);
  });

  it('opens no transaction before it is used', async () => {
    await toy.inCommand(async () => {
      boxes();
      await toy.get(Counters).find(newId());
      expect(UnitOfWork.current()?.transaction.isOpen).toBe(false);
      await boxes().find();
      expect(UnitOfWork.current()?.transaction.isOpen).toBe(true);
    });
    expect(await openTransactions()).toBe(0);
  });
});

describe('an injected repository outside of commands', () => {
  it('reads', async () => {
    const id = newId();
    await toy.inCommand(() => boxes().save(box(id)));
    expect(await boxes().findOneBy({ id })).toMatchObject({ total: 1 });
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['save', (id) => boxes().save(box(id))],
    ['insert', (id) => boxes().insert(box(id))],
    ['SQL', (id) => manager().query('INSERT INTO toy.boxes VALUES ($1, 1, 1)', [id])],
    ['SQL of the data source', (id) => dataSource().query('INSERT INTO toy.boxes VALUES ($1, 1, 1)', [id])],
    ['a transaction', (id) => dataSource().transaction((inner) => inner.insert(BoxEntity, box(id)))],
  ])('may not write: %s', async (_, write) => {
    const id = newId();
    await expect(write(id)).rejects.toThrow(/read-only transaction|permission denied/);
    expect(await stored(id)).toEqual([]);
  });
});
