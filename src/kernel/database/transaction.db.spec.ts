import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { inTransaction } from './transaction.js';

let db: FreshDatabase;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(() => db.drop());

const note = 'INSERT INTO kernel.audit (principal, action, subject) VALUES ($1, $1, $1)';
const notes = async (of: string): Promise<number> =>
  (await db.pools.app.query('SELECT FROM kernel.audit WHERE action = $1', [of])).rowCount!;
const isIdle = (): boolean => db.pools.app.idleCount === db.pools.app.totalCount;

it('a transaction commits what its work did, and returns its result', async () => {
  const done = inTransaction(db.pools.app, async (tx) => (await tx.query(note, ['kept'])).rowCount);
  await expect(done).resolves.toBe(1);
  expect(await notes('kept')).toBe(1);
  expect(isIdle()).toBe(true);
});

it('a transaction whose work throws leaves nothing, and its connection is used again', async () => {
  let pid: number | undefined;
  const pidOf = 'SELECT pg_backend_pid() AS pid';
  const failing = inTransaction(db.pools.app, async (tx) => {
    pid = (await tx.query<{ pid: number }>(pidOf)).rows[0]!.pid;
    await tx.query(note, ['lost']);
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await notes('lost')).toBe(0);
  expect(isIdle()).toBe(true);
  expect((await db.pools.app.query(pidOf)).rows).toEqual([{ pid }]);
});

it('a transaction whose connection is lost fails with that, and the connection leaves the pool', async () => {
  const failing = inTransaction(db.pools.app, async (tx) => {
    await tx.query(note, ['gone']);
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  await expect(failing).rejects.toMatchObject({ code: '57P01' });
  expect(await notes('gone')).toBe(0);
  expect(isIdle()).toBe(true);
});
