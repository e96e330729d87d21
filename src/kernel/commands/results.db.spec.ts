import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { armFailpoints } from '../failpoints.js';
import { newId } from '../messages/ids.js';
import type { MessageContextFields } from '../messages/message-context.js';

class Money {
  constructor(readonly cents: number) {}

  get euros(): number {
    return this.cents / 100;
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const keyed = (key: string): MessageContextFields => ({
  principal: { id: 'ada', roles: [] },
  idempotency: { key, operation: 'POST /toys', fingerprint: 'f' },
});

describe('the result of a command without a key', () => {
  it.each<[string, unknown]>([
    ['an instance of a class', new Money(1_250)],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['a bigint', 5n],
    ['undefined', undefined],
  ])('is what the handler returned: %s', async (_, result) => {
    expect(await toy.inCommand(() => result)).toBe(result);
  });

  it('is stored nowhere', async () => {
    const secret = newId();
    await toy.inCommand(() => ({ accessToken: secret }));
    const rows = await toy.rows(`SELECT FROM kernel.idempotency WHERE body LIKE '%' || $1 || '%'`, secret);
    expect(rows).toEqual([]);
  });

  it('is that of the try that was committed, where its answer was lost', async () => {
    armFailpoints('cmd.after-commit-before-reply=throw:08006');
    let tries = 0;
    const counting = (): Money => new Money((tries += 1));
    const result = await toy.inCommand<Money>(counting);
    expect(result).toBeInstanceOf(Money);
    expect([result.cents, tries]).toEqual([1, 1]);
  });
});

describe('the result of a command under a key', () => {
  it('is what JSON gives back, for the first call and for each repeat', async () => {
    const fields = keyed(newId());
    const first = await toy.inCommand(() => new Money(5), fields);
    expect(first).toEqual({ cents: 5 });
    expect(first).not.toBeInstanceOf(Money);
    expect(await toy.inCommand(() => new Money(6), { ...fields })).toEqual({ cents: 5 });
  });

  it('names the operation and the field that JSON can not hold', async () => {
    const loop: { self?: object } = {};
    loop.self = loop;
    await expect(toy.inCommand(() => ({ lines: [{ total: 5n }] }), keyed(newId()))).rejects.toThrow(
      "The result of POST /toys can't be stored under its idempotency key: result.lines[0].total is a bigint. Return plain data.",
    );
    await expect(toy.inCommand(() => ({ loop }), keyed(newId()))).rejects.toThrow(
      'result.loop.self is a circular reference',
    );
  });
});
