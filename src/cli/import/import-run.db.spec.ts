import { gzipSync } from 'node:zlib';
import { violationsOfImport } from '../../../test/support/import-check.js';
import { FIXTURE_FOLDER, TemporaryFolder, readBooks, type Books } from '../../../test/support/import-folders.js';
import { ImportRig, countsOf, type Circumstances } from '../../../test/support/import-rig.js';
import { readFacts, settled } from '../../../test/support/ledger-facts.js';
import { violationsAtRest } from '../../../test/support/ledger-rest.js';
import type { Tally } from './tally.js';

/** Each test starts a Waybill of its own and takes a company over, perhaps on a busy machine. */
import.meta.jest.setTimeout(30_000);

const books = readBooks(FIXTURE_FOLDER);

let rig: ImportRig;
let db: ImportRig['db'];
let said: ImportRig['said'];
beforeEach(async () => {
  rig = await ImportRig.open(import.meta.url);
  ({ db, said } = rig);
}, 30_000);
afterEach(() => rig.close(), 30_000);

const importing = (path: string, circumstances?: Circumstances): Promise<Tally> => rig.import(path, circumstances);
const importingBooks = (changes: Partial<Books>): Promise<string[]> => rig.importBooks({ ...books, ...changes });

async function violations(): Promise<string[]> {
  await settled(db.url);
  const facts = await readFacts(db.url);
  return [...violationsOfImport(books, facts), ...violationsAtRest(facts)];
}

const stored = async (sku: string): Promise<unknown> =>
  (await db.pools.query.query('SELECT * FROM catalog.products WHERE sku = $1', [sku])).rows[0];

describe('an import', () => {
  it('takes everything in as it is in the files, once', async () => {
    expect(countsOf(await importing(FIXTURE_FOLDER))).toEqual(['6 products new', '4 customers new', '36 orders new']);
    expect(await violations()).toEqual([]);
  });

  it('finds everything there when it is run again, and changes nothing', async () => {
    await importing(FIXTURE_FOLDER);
    const before = await readFacts(db.url);
    expect(countsOf(await importing(FIXTURE_FOLDER))).toEqual([
      '6 products already there',
      '4 customers already there',
      '36 orders already there',
    ]);
    const after = await readFacts(db.url);
    expect([after.events, after.products, after.customers]).toEqual([before.events, before.products, before.customers]);
  });

  it('takes everything in once when two of them run at the same time', async () => {
    const tallies = await Promise.all([importing(FIXTURE_FOLDER), importing(FIXTURE_FOLDER)]);
    expect(said).toEqual([]);
    expect(tallies.reduce((sum, tally) => sum + tally.of('orders', 'new'), 0)).toBe(36);
    expect(await violations()).toEqual([]);
  });

  it('says in the log who took the orders over, and that they were', async () => {
    await importing(FIXTURE_FOLDER);
    const { rows } = await db.pools.query.query(
      `SELECT DISTINCT meta->'actor' AS actor, meta->'imported' AS imported, count(DISTINCT meta->>'correlationId') AS stories
         FROM kernel.events WHERE name = 'ordering.order-placed' GROUP BY 1, 2`,
    );
    expect(rows).toEqual([{ actor: { type: 'service', id: 'import' }, imported: true, stories: 36 }]);
  });

  it('ends the orders under way when it is stopped, and takes in the rest the next time', async () => {
    const stop = new AbortController();
    const tally = await importing(FIXTURE_FOLDER, { stop: stop.signal, afterRow: () => stop.abort() });
    expect(tally.rows).toBeLessThan(20);
    expect(tally.of('products', 'new')).toBeGreaterThan(0);
    await importing(FIXTURE_FOLDER);
    expect(await violations()).toEqual([]);
  });
});

describe('products and customers', () => {
  beforeEach(async () => void (await importing(FIXTURE_FOLDER)), 20_000);

  it('become what the file says', async () => {
    const [product, ...others] = books.products;
    const [customer, ...neighbours] = books.customers;
    const counts = await importingBooks({
      products: [{ ...product!, unitPrice: 1_999, name: 'Rye flour, dark', category: null }, ...others],
      customers: [{ ...customer!, company: 'Huber & Töchter', city: 'Wien' }, ...neighbours],
    });
    expect(counts).toContain('1 products updated');
    expect(counts).toContain('1 customers updated');
    expect(await stored(product!.sku)).toMatchObject({ unit_price: 1_999, name: 'Rye flour, dark', category: null });
  });

  it('are for sale again when the file says so, and no more when it says that', async () => {
    const turned = books.products.map((product) => ({ ...product, discontinued: !product.discontinued }));
    expect(await importingBooks({ products: turned })).toContain('6 products updated');
    expect(await stored('VANILLA')).toMatchObject({ discontinued: false });
    expect(await stored('TIN-LOAF')).toMatchObject({ discontinued: true });
    expect(await importingBooks({ products: turned })).toContain('6 products already there');
  });
});

describe('a known order', () => {
  beforeEach(async () => void (await importing(FIXTURE_FOLDER)), 20_000);

  it('with another content is a bad row; what only fulfilment will need is no content yet', async () => {
    const [first, second, ...rest] = books.orders;
    const orders = [
      { ...first!, freight: 1, lines: [...first!.lines, ...first!.lines] },
      { ...second!, carrier: 'Another Van', requiredOn: '2000-01-31', shippedOn: null },
      ...rest,
    ];
    expect((await importingBooks({ orders })).slice(-2)).toEqual(['35 orders already there', '1 orders bad']);
    expect(said).toEqual([
      expect.stringMatching(/^orders.jsonl:1: order B-7001 already exists as SO-\d+ with another freight, lines$/),
    ]);
  });

  it('is the same when its address has been erased since', async () => {
    await db.pools.app.query(`UPDATE ordering_private.personal_data SET data = '{}'`);
    expect(await importingBooks({})).toContain('36 orders already there');
  });
});

describe('a bad row', () => {
  it('is told with its place, and left out; the others go in', async () => {
    const line = books.orders[0]!.lines[0]!;
    const rows = books.orders.slice(0, 9).map((order) => JSON.stringify(order));
    rows[1] = rows[1]!.slice(0, 60);
    rows[2] = JSON.stringify({ ...books.orders[2], lines: [{ ...line, quantity: 0 }] });
    rows[3] = JSON.stringify({ ...books.orders[3], lines: [{ ...line, sku: 'NO-SUCH' }] });
    rows[4] = JSON.stringify({ ...books.orders[4], customerId: 'NOBODY' });
    rows[5] = JSON.stringify({ ...books.orders[5], currency: 'DEM', placedOn: '2003-01-02', shippedOn: null });
    rows[6] = JSON.stringify({ ...books.orders[6], lines: [{ ...line, unitPrice: Number.MAX_SAFE_INTEGER }] });
    rows[7] = JSON.stringify({ ...books.orders[0], freight: 7 });
    const folder = TemporaryFolder.of(books).writeFile('orders.jsonl', rows.join('\n'));
    const tally = await importing(folder.path);
    folder.discard();

    expect(countsOf(tally)).toEqual(['6 products new', '4 customers new', '2 orders new', '7 orders bad']);
    expect(said.toSorted()).toEqual([
      expect.stringMatching(/^orders.jsonl:2: is not valid JSON: it ends too early/),
      'orders.jsonl:3: lines[0].quantity must not be less than 1',
      'orders.jsonl:4: there is no product NO-SUCH',
      'orders.jsonl:5: There is no customer NOBODY. Create the customer first.',
      'orders.jsonl:6: currency DEM was withdrawn in 2002-03; the order was placed later',
      expect.stringMatching(/^orders.jsonl:7: The order exceeds 10000000000000 minor units/),
      expect.stringMatching(/^orders.jsonl:8: order B-7001 already exists as SO-\d+ with another freight$/),
    ]);
  });

  it('may name again what an earlier row names: equal orders are there already, products and customers ambiguous', async () => {
    const [product, customer, order] = [books.products[0]!, books.customers[0]!, books.orders[0]!];
    const counts = await importingBooks({
      products: [...books.products, { ...product, unitPrice: 1 }],
      customers: [...books.customers, customer],
      orders: [...books.orders, order],
    });
    expect(counts).toContain('1 orders already there');
    expect(said).toEqual([
      'products.json:8: sku FLOUR-RYE is already on line 2',
      'customers.json:6: customerId BAKER-1 is already on line 2',
    ]);
    expect(await stored('FLOUR-RYE')).toMatchObject({ unit_price: 1_895 });
  });

  it('in an array may even be cut off', async () => {
    const text = JSON.stringify(books.products, null, 1);
    const folder = TemporaryFolder.of({ ...books, orders: [] }).writeFile('products.json', text.slice(0, -20));
    const tally = await importing(folder.path);
    folder.discard();
    expect(countsOf(tally)).toEqual(['5 products new', '1 products bad', '4 customers new']);
    expect(said).toEqual(['products.json:57: the file ends inside the row that starts here; is it complete?']);
  });
});

describe('a file', () => {
  it('may come from Windows: with a mark, other line ends, blank lines and none at the end', async () => {
    const lines = books.orders.map((order) => JSON.stringify(order)).join('\r\n\r\n');
    const array = JSON.stringify(books.customers, null, 1).replaceAll('\n', '\r\n');
    const folder = TemporaryFolder.of(books)
      .writeFile('orders.jsonl', `\uFEFF${lines}`)
      .writeFile('customers.json', `\uFEFF${array}`);
    const tally = await importing(folder.path);
    folder.discard();
    expect(countsOf(tally)).toEqual(['6 products new', '4 customers new', '36 orders new']);
    expect(await violations()).toEqual([]);
  });

  it.each<[string, string | Buffer, string]>([
    ['products.json', '{"sku":"A"}', 'products.json is not a JSON array'],
    ['customers.json', '', 'customers.json is not a JSON array'],
    ['orders.jsonl', Buffer.from('\uFEFF{}', 'utf16le'), 'orders.jsonl is UTF-16. Save it as UTF-8.'],
    ['orders.jsonl', '[{},{}]', 'orders.jsonl is a JSON array; it must contain one object per line.'],
    ['customers.json', gzipSync('[]'), 'customers.json is compressed (gzip). Decompress it first.'],
  ])('%s is refused before anything is taken in when it holds no rows', async (name, content, reason) => {
    const folder = TemporaryFolder.of(books).writeFile(name, content);
    await expect(importing(folder.path)).rejects.toThrow(reason);
    folder.discard();
    expect(await stored('FLOUR-RYE')).toBeUndefined();
  });

  it('is missed before anything is taken in', async () => {
    await expect(importing('/no/such/folder')).rejects.toThrow('/no/such/folder is not a folder');
    await expect(importing('')).rejects.toThrow('The folder is missing. Use a folder that contains products.json');
    const folder = new TemporaryFolder().writeFile('products.json', '[]').writeFile('customers.json', '[]');
    await expect(importing(folder.path)).rejects.toThrow("orders.jsonl can't be read: the file does not exist.");
    folder.discard();
  });
});
