import type { PoolClient } from 'pg';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { lockCheckpoints } from './sql/lock-checkpoints.js';
import { replaceCheckpoints } from './sql/repartition.js';

const NAME = 'toy.counter-search';

let db: FreshDatabase;
let repartition: PoolClient;
let waiting: PoolClient;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  await (await ToyApp.start(db)).close();
});
afterAll(() => db.drop());
beforeEach(async () => {
  repartition = await db.pools.worker.connect();
  waiting = await db.pools.worker.connect();
  await Promise.all([repartition, waiting].map((client) => client.query('BEGIN')));
});
afterEach(async () => {
  await Promise.all([repartition, waiting].map((client) => client.query('ROLLBACK')));
  repartition.release();
  waiting.release();
});

/** Replaces the rows of the checkpoints, in a transaction that is still to be committed. */
async function replaceRows(partitions: number): Promise<void> {
  await lockCheckpoints(repartition, NAME);
  await replaceCheckpoints(repartition, NAME, partitions);
}

async function isWaiting(): Promise<boolean> {
  const { rowCount } = await db.pools.control.query('SELECT FROM pg_locks WHERE NOT granted');
  return rowCount! > 0;
}

/** Checkpoints that nobody has locked. */
async function free(): Promise<number> {
  const { rowCount } = await db.pools.control.query({
    text: 'SELECT FROM kernel.checkpoints WHERE subscription = $1 FOR UPDATE SKIP LOCKED',
    values: [NAME],
  });
  return rowCount!;
}

describe('whoever locks the checkpoints of a subscription', () => {
  it.each([3, 8, 1])('holds all %i of them after a repartition has replaced them meanwhile', async (partitions) => {
    await replaceRows(partitions);
    const locking = lockCheckpoints(waiting, NAME);
    await until('it waits for the rows', isWaiting);
    await repartition.query('COMMIT');
    await locking;
    expect(await free()).toBe(0);
    await waiting.query('COMMIT');
    expect(await free()).toBe(partitions);
  });

  it('waits for nothing where there are none', async () => {
    await lockCheckpoints(waiting, 'toy.unheard-of');
    expect(await free()).toBeGreaterThan(0);
  });
});
