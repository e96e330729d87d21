import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { violationsOfImport, figuresOf } from '../support/import-check.js';
import {
  FIXTURE_FOLDER,
  TemporaryFolder,
  madeUpBooks,
  northwindFolder,
  readBooks,
  type Books,
} from '../support/import-folders.js';
import { readFacts, settled, taken } from '../support/ledger-facts.js';
import { violationsAtRest } from '../support/ledger-rest.js';
import { startImport, type BuiltProgram } from '../support/processes.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';
import { withOwner } from '../../src/platform/database/prepare.js';

/** What the company itself says; counted by others, long before Waybill. */
const NORTHWIND = { orders: 830, units: 51_317, net: 126_579_301, gross: 135_445_859, shipping: 6_494_269 };

interface Sold {
  readonly period: string;
  readonly sku: string;
  readonly customerId: string;
  readonly quantity: number;
  readonly net: number;
}

const folder = northwindFolder() ?? FIXTURE_FOLDER;
const books = readBooks(folder);

let server: ServedWaybill;
beforeEach(async () => void (server = await ServedWaybill.start(import.meta.url)), 30_000);
afterEach(() => server.stop(), 30_000);

const importing = (path: string, ...options: string[]): BuiltProgram =>
  startImport(path, server.db.environment, ...options);

async function violations(of: Books): Promise<string[]> {
  await settled(server.db.url);
  const facts = await readFacts(server.db.url);
  return [...violationsOfImport(of, facts), ...violationsAtRest(facts)];
}

async function report(client: Client, path: string): Promise<Record<string, number>[]> {
  const { body } = await client.get(`/v1/reports/${path}`).set('consistency-token', 'head').expect(200);
  return (body as { data: Record<string, number>[] }).data;
}

/** The best of some field, straight from the file. */
function bestOf(field: 'sku' | 'customerId'): [string, number] {
  const net = new Map<string, number>();
  for (const order of books.orders) {
    for (const line of order.lines) {
      const name = field === 'sku' ? line.sku : order.customerId;
      net.set(
        name,
        (net.get(name) ?? 0) + (figuresOf({ ...books, orders: [{ ...order, lines: [line] }] })['net'] as number),
      );
    }
  }
  return [...net].toSorted(([, one], [, other]) => other - one)[0]!;
}

describe('waybill import, beside a running server', () => {
  it('takes a company over, and the reports give its true figures', async () => {
    const { ended } = importing(folder);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(await violations(books)).toEqual([]);

    const manager = await server.as('mary', 'manager');
    const months = await report(manager, 'sales?by=month');
    const sum = (field: string): number => months.reduce((all, row) => all + row[field]!, 0);
    const figures = { orders: 0, units: 0, net: 0, gross: 0, shipping: 0 };
    const reported = Object.fromEntries(Object.keys(figures).map((field) => [field, sum(field)]));
    expect(reported).toEqual(figuresOf(books));
    expect(reported).toEqual(northwindFolder() ? NORTHWIND : figuresOf(readBooks(FIXTURE_FOLDER)));

    const [product] = (await report(manager, 'top-products?by=revenue&limit=5')) as unknown as Sold[];
    expect([product!.sku, product!.net]).toEqual(bestOf('sku'));
    const [customer] = (await report(manager, 'top-customers')) as unknown as Sold[];
    expect([customer!.customerId, customer!.net]).toEqual(bestOf('customerId'));
  }, 120_000);

  it('says what it did, on stdout, and what is wrong, on stderr, by its exit code too', async () => {
    const first = importing(FIXTURE_FOLDER);
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(first.output).toMatch(/^products {3} 6 new, {2}0 updated, {2}0 already there, {2}0 bad$/m);
    expect(first.output).toMatch(/^46 rows in \d+\.\d s \(\d+\/s\)$/m);

    const bad = TemporaryFolder.of({ ...readBooks(FIXTURE_FOLDER), customers: [] }).writeFile('orders.jsonl', '\n{}\n');
    const second = importing(bad.path);
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.output).toContain('orders.jsonl:2: orderNumber is required; customerId is required');
    expect(second.output).toContain('1 row is bad; see the reasons above. All others are imported.');
    bad.discard();

    const third = importing(join(FIXTURE_FOLDER, 'nowhere'));
    expect(await third.ended).toMatchObject({ code: 2 });
    expect(third.output).toMatch(/nowhere is not a folder\. Use a folder that contains products\.json/);
  }, 60_000);

  it('leaves rows with spaces at the ends of texts out, and takes them in with --trim', async () => {
    const { customers, orders, products } = readBooks(FIXTURE_FOLDER);
    const spaced = customers.map((customer) => ({ ...customer, city: `${customer.city} ` }));
    const folderWithSpaces = TemporaryFolder.of({ products, customers: spaced, orders });
    const first = importing(folderWithSpaces.path);
    expect(await first.ended).toMatchObject({ code: 1 });
    expect(first.output).toContain(
      '40 rows were skipped because of leading or trailing spaces (36 of them because they refer',
    );
    expect(first.output).not.toContain('customers.json:2:');
    expect(await importing(folderWithSpaces.path, '--trim').ended).toMatchObject({ code: 0 });
    folderWithSpaces.discard();
    expect(await violations({ products, customers, orders })).toEqual([]);
  }, 60_000);

  it('ends with exit code 2 for a file of another kind and for a folder without a name', async () => {
    const wrong = TemporaryFolder.of(readBooks(FIXTURE_FOLDER)).writeFile('orders.jsonl', '[{}]');
    const [array, nameless] = [importing(wrong.path), importing('')];
    expect(await array.ended).toMatchObject({ code: 2 });
    expect(array.output).toContain('orders.jsonl is a JSON array; it must contain one object per line.');
    expect(await nameless.ended).toMatchObject({ code: 2 });
    expect(nameless.output).toContain('The folder is missing. Use a folder that contains products.json');
    wrong.discard();
  }, 60_000);

  it('ends the orders under way on Ctrl-C, and takes in the rest the next time', async () => {
    const made = madeUpBooks(300);
    const draft = TemporaryFolder.of(made);
    const first = importing(draft.path);
    await withOwner(server.db.url, (client) => taken(client, 40, () => first.isRunning));
    expect(await first.kill('SIGINT')).toEqual({ code: 130, signal: null });
    expect(first.output).toMatch(/orders +\d+ new.*\n.*rows in.*\n(.*\n)*Import stopped before the end\. Run it again/);
    expect(await importing(draft.path).ended).toEqual({ code: 0, signal: null });
    draft.discard();
    expect(await violations(made)).toEqual([]);
  }, 120_000);
});

it('the how-to names every field of the format', () => {
  const page = readFileSync(new URL('../../docs/how-to/import-your-data.md', import.meta.url), 'utf8');
  const { products, customers, orders } = readBooks(FIXTURE_FOLDER);
  const fields = [products[0]!, customers[0]!, orders[0]!, orders[0]!.lines[0]!, orders[0]!.shipTo].flatMap(
    Object.keys,
  );
  expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});
