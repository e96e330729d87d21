import type { Page } from '#platform/http';
import { OrderingApp, ada, eve, importer } from '../../../../test/support/ordering-app.js';
import { AddLineCommand } from '../commands/add-line.command.js';
import { DiscardDraftCommand } from '../commands/discard-draft.command.js';
import { FindOrdersQuery, type OrderListItem, type OrdersRequest } from './find-orders.query.js';
import { ORDER_SORT_KEYS, pageStatement, type OrderFilter, type OrderSort } from './find-orders.sql.js';

let app: OrderingApp;
let draftId: string;

/** Twelve orders of Ada's from a service, one of Eve's, one draft, one discarded draft. */
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  for (let n = 0; n < 12; n += 1) {
    await app.placeOrder({
      by: importer,
      isImported: true,
      externalNumber: `PO-${n}`,
      placedAt: `2026-0${1 + Math.floor(n / 3)}-01T00:00:00.000Z`,
      lines: [{ sku: n % 2 === 0 ? 'TEE' : 'MUG', quantity: 1 + (n % 4) }],
    });
  }
  await app.placeOrder({ by: eve, customerId: 'eve', lines: [{ sku: 'CAP', quantity: 1 }] });
  draftId = await app.draft();
  await app.execute(new AddLineCommand({ orderId: draftId, by: ada }, { lineId: 'line-1', sku: 'MUG', quantity: 7 }));
  await app.execute(new DiscardDraftCommand({ orderId: await app.draft(), by: ada }, '2026-11-23T12:00:00.000Z'));
}, 30_000);
afterAll(() => app.close());

const newestFirst: OrderSort = { key: 'placedAt', descending: true };

function find(request: Partial<OrdersRequest> = {}): Promise<Page<OrderListItem>> {
  return app.ask(new FindOrdersQuery({ filter: {}, sort: newestFirst, limit: 100, onlyCustomerId: null, ...request }));
}

async function numbersOf(filter: OrderFilter): Promise<(string | null)[]> {
  const { data } = await find({ filter, sort: { key: 'number', descending: false } });
  return data.map(({ number }) => number);
}

describe('the list of orders', () => {
  it('shows orders as they stand', async () => {
    const { data } = await find({ filter: { number: 'SO-1001' } });
    expect(data).toEqual([
      {
        id: expect.any(String),
        number: 'SO-1001',
        externalNumber: 'PO-0',
        customerId: 'ada',
        status: 'placed',
        paymentStatus: 'none',
        fulfilmentStatus: 'unfulfilled',
        currency: 'EUR',
        total: { amount: 1999, currency: 'EUR' },
        units: 1,
        placedAt: '2026-01-01T00:00:00.000Z',
        updatedAt: expect.any(String),
        version: 1,
      },
    ]);
  });

  it('begins with what was placed last and ends with what never was', async () => {
    const { data } = await find();
    const times = data.map(({ placedAt }) => placedAt ?? '');
    expect(times).toHaveLength(15);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(times.slice(-2)).toEqual(['', '']);
  });

  it.each(ORDER_SORT_KEYS.flatMap((key) => [true, false].map((descending) => ({ key, descending }))))(
    'is the same in pages of four as in one, sorted by %o',
    async (sort) => {
      const whole = (await find({ sort })).data.map(({ id }) => id);
      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const { data, page } = await find({ sort, limit: 4, cursor });
        paged.push(...data.map(({ id }) => id));
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      expect(paged).toEqual(whole);
      expect(new Set(paged).size).toBe(15);
    },
  );

  it('sorts by total and by number as numbers', async () => {
    const totals = (await find({ sort: { key: 'total', descending: false } })).data.map(
      ({ total }) => total?.amount ?? 0,
    );
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    const { data } = await find({ sort: { key: 'number', descending: true }, limit: 1 });
    expect(data[0]!.number).toMatch(/^SO-10[1-9]\d$/);
  });

  it.each<[string, OrderFilter, number]>([
    ['status', { status: ['draft', 'discarded'] }, 2],
    ['customer', { customerId: 'eve' }, 1],
    ['currency', { currency: 'USD' }, 1],
    ['sku', { sku: 'MUG' }, 7],
    ['number', { number: 'SO-1003' }, 1],
    ['a number that is only the beginning of one', { number: 'SO-1' }, 0],
    ['external number', { externalNumber: 'PO-11' }, 1],
    ['first moment', { placedFrom: '2026-03-01T00:00:00Z', customerId: 'ada' }, 6],
    ['last moment', { placedTo: '2026-02-01T00:00:00Z' }, 6],
    ['least total', { totalFrom: 5997 }, 3],
    ['greatest total', { totalTo: 1999, status: ['placed'] }, 7],
    ['several at once', { sku: 'TEE', totalFrom: 2000, placedTo: '2026-01-31T00:00:00+01:00' }, 1],
  ])('can be filtered by %s', async (_, filter, count) => {
    expect((await find({ filter })).data).toHaveLength(count);
  });

  it.each<[string, number]>([
    ['black', 6],
    ['CAFE mug', 7],
    ['café', 7],
    ['so-1001', 1],
    ['PO-11', 1],
    ['ack te', 6],
    ['%', 1],
    ['0%', 1],
    ['l_m', 1],
    ['l%m', 0],
    ['T_E', 0],
    ['\\', 0],
    ["'; drop table orders; --", 0],
  ])('finds orders by the words %j in numbers, skus and names', async (q, count) => {
    expect((await find({ filter: { q } })).data).toHaveLength(count);
  });

  it('shows a customer their own orders, whatever they ask for', async () => {
    const mine = await find({ onlyCustomerId: 'eve' });
    expect(mine.data.map(({ customerId }) => customerId)).toEqual(['eve']);
    expect((await find({ onlyCustomerId: 'eve', filter: { customerId: 'ada' } })).data).toEqual([]);
    expect((await find({ onlyCustomerId: 'eve', filter: { number: 'SO-1001' } })).data).toEqual([]);
  });

  it('opens a cursor only for the list, the filter and the caller it was made for', async () => {
    const { page } = await find({ limit: 1 });
    const cursor = page.next!;
    const misuses: Partial<OrdersRequest>[] = [
      { cursor, filter: { sku: 'TEE' } },
      { cursor, sort: { key: 'total', descending: true } },
      { cursor, onlyCustomerId: 'eve' },
      { cursor: `${cursor.slice(0, -2)}AA` },
    ];
    for (const misuse of misuses) await expect(find(misuse)).rejects.toMatchObject({ code: 'cursor-invalid' });
  });

  it('counts when asked, exactly or as the planner guesses', async () => {
    expect((await find({ limit: 1 })).page).not.toHaveProperty('total');
    expect((await find({ limit: 1, filter: { sku: 'MUG' }, count: 'exact' })).page).toMatchObject({
      limit: 1,
      total: 7,
    });
    expect((await find({ limit: 1, count: 'estimate' })).page).toMatchObject({ total: expect.any(Number) });
  });

  it('follows a draft', async () => {
    const { data } = await find({ filter: { status: ['draft'] } });
    expect(data).toMatchObject([
      { id: draftId, number: null, units: 7, total: { amount: 5950, currency: 'EUR' }, version: 2 },
    ]);
    expect(await numbersOf({ status: ['draft'], q: 'mug' })).toEqual([null]);
  });
});

describe('the statement behind it', () => {
  it.each(ORDER_SORT_KEYS)('reads an index in the order of %s instead of sorting', async (key) => {
    const after = { placedAt: '2026-01-01', updatedAt: '2026-01-01', total: 5, number: 'SO-1' }[key];
    const page = { tenant: 'default', filter: {}, sort: { key, descending: true }, after: [after, draftId], limit: 20 };
    expect(await planOf(page)).toMatch(/^Limit.*\n.*Index Scan Backward using ix_order_search_/);
  });

  it('can find words by their trigrams', async () => {
    const { rows } = await app.db.pools.app.query<{ indexdef: string }>(
      "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_order_search_text'",
    );
    expect(rows[0]?.indexdef).toMatch(/USING gin \(search_text (\w+\.)?gin_trgm_ops\)/);
  });

  /** The plan where a table is too large to be read whole or sorted. */
  async function planOf(page: Parameters<typeof pageStatement>[0]): Promise<string> {
    const { text, values } = pageStatement(page);
    const client = await app.db.pools.app.connect();
    try {
      await client.query('BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }
});
