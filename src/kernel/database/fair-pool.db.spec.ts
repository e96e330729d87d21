import { configurationOf } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { MessageContext, messageContext } from '../messages/message-context.js';
import { until } from '../testing/until.js';
import { classify } from './errors.js';
import { Pools } from './pools.js';

const SIZE = 4;
const SLOW = 'SELECT pg_sleep(0.8)';

let db: FreshDatabase;
let pools: Pools;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  const { database } = configurationOf({
    ...db.environment,
    DATABASE_POOL_SIZE: String(SIZE),
    DATABASE_ACQUIRE_TIMEOUT_MS: '3000',
  });
  pools = new Pools(db.logins, database);
});
afterAll(async () => {
  await pools.end();
  await db.drop();
});

const as = <T>(id: string, work: () => Promise<T>, tenant?: string): Promise<T> =>
  messageContext.run(
    new MessageContext({ tenant, principal: { id, roles: [] }, actor: { type: 'customer', id } }),
    work,
  );
const ask = (id: string, text: string): Promise<string> =>
  as(id, () => pools.query.query(text)).then(
    () => 'answered',
    (error: unknown) => classify(error).kind,
  );
const many = (id: string, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => ask(id, SLOW)));
const used = (): number => pools.query.totalCount - pools.query.idleCount;

describe('a pool for requests', () => {
  it('keeps connections for others while one caller has slow statements', async () => {
    const slow = many('ada', 7);
    await until('three of them run', () => used() === SIZE - 1);
    let isOver = false;
    void slow.then(() => (isOver = true));
    expect(await ask('bob', 'SELECT 1')).toBe('answered');
    expect([isOver, used()]).toEqual([false, SIZE - 1]);
    expect(pools.waiting('query')).toBe(4);
    expect(await slow).toEqual(Array.from({ length: 7 }, () => 'answered'));
    expect(pools.waiting('query')).toBe(0);
  });

  it('ends the wait for a turn like the wait for a connection', async () => {
    const slow = await many('ada', 16);
    expect(new Set(slow)).toEqual(new Set(['answered', 'unavailable']));
    expect(await ask('ada', 'SELECT 1')).toBe('answered');
  });

  it('takes a turn back where the statement or the connection fails', async () => {
    for (let n = 0; n < 2 * SIZE; n += 1) {
      expect(await ask('ada', 'SELECT nothing FROM nowhere')).not.toBe('answered');
      const client = await as('ada', () => pools.query.connect());
      client.release(new Error('broken'));
    }
    expect(new Set(await many('ada', SIZE))).toEqual(new Set(['answered']));
  });

  it('gives callers of two tenants turns of their own, though they have one name', async () => {
    const slow = many('ada', 6);
    await until('three of them run', () => used() === SIZE - 1);
    await as('ada', () => pools.query.query('SELECT 1'), 'acme');
    expect(used()).toBe(SIZE - 1);
    await slow;
  });

  it('lets work without a caller use all connections', async () => {
    const own = Promise.all(Array.from({ length: SIZE }, () => pools.query.query(SLOW)));
    await until('all of them run', () => used() === SIZE);
    expect(await own).toHaveLength(SIZE);
  });
});
