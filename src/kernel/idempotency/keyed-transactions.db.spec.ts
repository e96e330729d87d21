import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { inTransaction } from '../database/transaction.js';
import { newId } from '../messages/ids.js';
import { MessageContext, messageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { KeyedTransactions } from './keyed-transactions.js';

let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: {} });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const contextOf = (key: string | undefined, fingerprint = 'f'): MessageContext =>
  new MessageContext({
    idempotency: key === undefined ? undefined : { key, operation: 'POST /boxes', fingerprint },
  });

/** Makes a box in a transaction of its own. `afterwards` fails it where it throws. */
function makeBox(
  context: MessageContext,
  afterwards: (committed: Promise<unknown>) => unknown = (committed) => committed,
) {
  const id = newId();
  return messageContext.run(context, () =>
    toy.get(KeyedTransactions).run<{ id: string }>('MakeBox', async (store) => {
      const committed = inTransaction(toy.pools.worker, async (tx) => {
        await tx.query(`INSERT INTO toy.boxes VALUES ($1, 1, 1)`, [id]);
        await store(tx, { id });
      });
      await afterwards(committed);
      return { id };
    }),
  );
}
const boxes = async (): Promise<number> => (await toy.rows('SELECT FROM toy.boxes')).length;

describe('work with a transaction of its own', () => {
  it('takes effect once for its key, and its repeat is answered before it begins', async () => {
    const key = newId();
    const first = await makeBox(contextOf(key));
    const [before, context] = [await boxes(), contextOf(key)];
    const begun: unknown[] = [];
    const again = await messageContext.run(context, () =>
      toy.get(KeyedTransactions).run('MakeBox', async (store) => {
        begun.push(store);
        return {};
      }),
    );
    expect([again, begun, context.outcome.replayed, await boxes()]).toEqual([first, [], true, before]);
    await expect(makeBox(contextOf(key, 'other'))).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect(await boxes()).toBe(before);
  });

  it('takes effect once for its key when it is sent several times at once', async () => {
    const [key, before] = [newId(), await boxes()];
    const made = await Promise.all([1, 2, 3].map(() => makeBox(contextOf(key))));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await boxes()).toBe(before + 1);
  });

  it('runs again after it has failed', async () => {
    const [key, before] = [newId(), await boxes()];
    const failing = messageContext.run(contextOf(key), () =>
      toy.get(KeyedTransactions).run('MakeBox', (store) =>
        inTransaction(toy.pools.worker, async (tx) => {
          await store(tx, { id: key });
          throw new Error('no');
        }),
      ),
    );
    await expect(failing).rejects.toThrow('no');
    await makeBox(contextOf(key));
    expect(await boxes()).toBe(before + 1);
  });

  it('whose commit was not confirmed is answered by what it did', async () => {
    const lost = async (committed: Promise<unknown>): Promise<void> => {
      await committed;
      throw new Error('Connection terminated unexpectedly');
    };
    const before = await boxes();
    expect(await makeBox(contextOf(newId()), lost)).toEqual({ id: expect.any(String) });
    expect(await boxes()).toBe(before + 1);
    await expect(makeBox(contextOf(undefined), lost)).rejects.toThrow('terminated');
  });

  it('runs whenever it is asked for without a key', async () => {
    const before = await boxes();
    for (let n = 0; n < 2; n += 1) await makeBox(contextOf(undefined));
    expect(await boxes()).toBe(before + 2);
  });
});
