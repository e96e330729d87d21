import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { newId } from '../messages/ids.js';
import { MessageContext, messageContext, type MessageContextFields } from '../messages/message-context.js';
import { OperationWaits } from '../outgoing/operation-waits.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import type { FairPool } from './fair-pool.js';

const SIZE = 4;

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { pools: poolsOf(db, { poolSize: SIZE, acquireTimeoutMs: 5_000 }) });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const who = (id: string): MessageContextFields => ({ principal: { id, roles: [] }, actor: { type: 'customer', id } });
const as = <T>(id: string, work: () => Promise<T>): Promise<T> => messageContext.run(new MessageContext(who(id)), work);

/** Ada's statements take her whole share, and as many wait for it. @returns how many have ended */
async function crowd(pool: FairPool): Promise<{ readonly count: () => number; readonly ended: Promise<unknown> }> {
  let count = 0;
  const slow = Array.from({ length: 2 * (SIZE - 1) }, () =>
    as('ada', () => pool.query('SELECT pg_sleep(1.5)')).then(() => (count += 1)),
  );
  await until('her share is in use', () => pool.totalCount - pool.idleCount === SIZE - 1);
  return { count: () => count, ended: Promise.all(slow) };
}

describe('what several callers share', () => {
  it('is read without the turn of the one who asked first: the progress of views', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await settled(toy.app);
    const { count, ended } = await crowd(toy.pools.query);
    const hers = toy.ask(new GetCounterQuery(id), who('ada'));
    await until('one read of hers waits for her turn', () => toy.pools.query.waitingForTurn === SIZE);
    expect(await toy.ask(new GetCounterQuery(id), who('bob'))).toMatchObject({ total: 1 });
    expect(count()).toBe(0);
    await Promise.all([ended, hers]);
  });

  it('is read without the turn of the one who asked first: the ends of operations', async () => {
    const waits = toy.get(OperationWaits);
    const gone = new AbortController();
    const [his, hers] = [newId(), newId()];
    const insert = `INSERT INTO kernel.outgoing_commands
        (id, instance, name, data, content_hash, context, due_at, operation, resource, state, finished_at)
      VALUES ($1, 'x', 'toy.count', '{}', 'h', '{}', now(), 'op', '{}', 'succeeded', now())`;
    await toy.pools.app.query({ text: insert, values: [his] });
    const waiting = as('ada', () => waits.until(hers, 60_000, gone.signal));
    const { count, ended } = await crowd(toy.pools.app);
    await as('bob', () => waits.until(his, 60_000, gone.signal));
    expect(count()).toBe(0);
    gone.abort();
    await Promise.all([ended, waiting]);
  });
});
