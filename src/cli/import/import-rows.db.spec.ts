import {
  FIXTURE_FOLDER,
  TemporaryFolder,
  readBooks,
  type Books,
  type FileOrder,
} from '../../../test/support/import-folders.js';
import { ImportRig, countsOf, type Circumstances } from '../../../test/support/import-rig.js';

/** Each test starts a Waybill of its own, perhaps on a busy machine. */
import.meta.jest.setTimeout(30_000);

const books = readBooks(FIXTURE_FOLDER);

let rig: ImportRig;
beforeEach(async () => void (rig = await ImportRig.open(import.meta.url)), 30_000);
afterEach(() => rig.close(), 30_000);

const importingBooks = (changes: Partial<Books>, circumstances?: Circumstances): Promise<string[]> =>
  rig.importBooks({ ...books, ...changes }, circumstances);

describe('an order', () => {
  const [first] = books.orders;
  const rich = {
    ...first!,
    currency: 'BGN',
    placedOn: null,
    placedAt: '2025-12-30T14:05:00+02:00',
    requiredOn: null,
    shippedOn: null,
    discount: 100,
    shipTo: { ...first!.shipTo, street2: 'Rear building' },
    billTo: { ...first!.shipTo, name: 'Accounts' },
    note: 'Ring twice.\nThen wait.',
    lines: first!.lines.map((line) => ({ ...line, name: 'As it was called' })),
  } as unknown as FileOrder;

  it('keeps its currency, its time, the names of its goods, its discount, its note and both addresses', async () => {
    expect(await importingBooks({ orders: [rich] })).toContain('1 orders new');
    const { rows } = await rig.db.pools.query.query(
      `SELECT s.currency, s.placed_at, s.order_discount, l.line->>'name' AS name, p.data
         FROM ordering_read.order_summary s, jsonb_array_elements(s.lines) AS l(line), ordering_private.personal_data p
        WHERE p.subject = s.order_id::text LIMIT 1`,
    );
    expect(rows).toEqual([expect.objectContaining({ currency: 'BGN', order_discount: 100, name: 'As it was called' })]);
    expect(rows[0]).toMatchObject({
      placed_at: '2025-12-30T12:05:00.000Z',
      data: {
        note: 'Ring twice.\nThen wait.',
        shipTo: { street2: 'Rear building' },
        billTo: { name: 'Accounts', street2: null },
      },
    });
    expect(await importingBooks({ orders: [rich] })).toContain('1 orders already there');
  });

  it('with another note, name or billing address is another one', async () => {
    await importingBooks({ orders: [rich] });
    const other = { ...rich, note: null, billTo: null, lines: first!.lines.map((line) => ({ ...line, name: 'Tea' })) };
    expect(await importingBooks({ orders: [other] })).toContain('1 orders bad');
    expect(rig.said).toEqual([expect.stringMatching(/already exists as SO-\d+ with another billTo, note, lines$/)]);
  });
});

describe('a row with spaces at the ends of texts', () => {
  const [customer, ...neighbours] = books.customers;
  const spaced = {
    customers: [{ ...customer!, company: `${customer!.company} `, city: ' Wien' }, ...neighbours],
    orders: books.orders.filter((order) => order.customerId !== customer!.customerId),
  };

  it('is left out without a line of its own, and counted with where the first one is', async () => {
    const folder = TemporaryFolder.of({ ...books, ...spaced });
    const tally = await rig.import(folder.path);
    folder.discard();
    expect(countsOf(tally)).toContain('1 customers bad');
    expect(rig.said).toEqual([]);
    expect(tally.advice()).toMatch(
      /^1 row was skipped because of leading or trailing spaces, the first at customers.json:2\./,
    );
  });

  it('is counted together with the orders that name it', async () => {
    const folder = TemporaryFolder.of({ ...books, customers: spaced.customers });
    const tally = await rig.import(folder.path);
    folder.discard();
    const named = books.orders.length - spaced.orders.length;
    expect(countsOf(tally)).toContain(`${named} orders bad`);
    expect(rig.said).toEqual([]);
    expect(tally.advice()).toContain(`${named + 1} rows were skipped`);
    expect(tally.advice()).toContain(`(${named} of them because they refer to such a row)`);
  });

  it('is taken in trimmed where that is asked for, and found again', async () => {
    expect(await importingBooks(spaced, { trim: true })).toContain('4 customers new');
    expect(await importingBooks(spaced, { trim: true })).toContain('4 customers already there');
    const { rows } = await rig.db.pools.query.query(
      `SELECT name, address->>'city' AS city FROM customers.customers WHERE customer_id = $1`,
      [customer!.customerId],
    );
    expect(rows).toEqual([{ name: customer!.company, city: 'Wien' }]);
  });

  it('is told like any other where trimming alone doesn’t help', async () => {
    const bad = { ...customer!, company: ' ', city: ' Wien' };
    await importingBooks({ customers: [bad, ...neighbours], orders: [] });
    expect(rig.said).toEqual([expect.stringMatching(/^customers.json:2: company must be a string/)]);
  });
});

describe('a bad row', () => {
  it('is told by line and character in an array without line breaks', async () => {
    const products = JSON.stringify([books.products[0], { ...books.products[1], unitPrice: -1 }, books.products[0]]);
    const folder = TemporaryFolder.of({ ...books, orders: [] }).writeFile('products.json', products);
    await rig.import(folder.path);
    folder.discard();
    expect(rig.said).toEqual([
      expect.stringMatching(/^products.json:1:\d{3}: unitPrice must not be less than 0$/),
      expect.stringMatching(/^products.json:1:\d{3}: sku FLOUR-RYE is already on line 1$/),
    ]);
  });
});
