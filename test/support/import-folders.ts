import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Goods } from './ledger-fold.js';
import { Seeded } from './seed.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A small bakery supplier's books, made up for these tests. */
export const FIXTURE_FOLDER = join(ROOT, 'test/fixtures/import');

/** Where a real company's books lie: WAYBILL_NORTHWIND, or beside the checkout. Undefined where they aren't. */
export function northwindFolder(): string | undefined {
  const folder = process.env['WAYBILL_NORTHWIND'] ?? join(ROOT, '../shared/data/northwind');
  return existsSync(join(folder, 'orders.jsonl')) ? folder : undefined;
}

export interface FileProduct {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly discontinued: boolean;
  readonly [field: string]: unknown;
}

export interface FileCustomer {
  readonly customerId: string;
  readonly company: string;
  readonly contact: string | null;
  readonly street: string;
  readonly city: string;
  readonly [field: string]: unknown;
}

export interface FileOrder {
  readonly orderNumber: string;
  readonly customerId: string;
  readonly placedOn: string;
  readonly freight: number;
  readonly currency: string;
  readonly shipTo: Readonly<Record<string, string | null>>;
  readonly lines: readonly Goods[];
  readonly [field: string]: unknown;
}

/** The three files of an import, as plain values. */
export interface Books {
  readonly products: readonly FileProduct[];
  readonly customers: readonly FileCustomer[];
  readonly orders: readonly FileOrder[];
}

/** Reads a folder the simplest way there is. */
export function readBooks(folder: string): Books {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    products: JSON.parse(text('products.json')) as FileProduct[],
    customers: JSON.parse(text('customers.json')) as FileCustomer[],
    orders: text('orders.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as FileOrder),
  };
}

/** A folder that lives as long as its test. */
export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'waybill-import-'));

  static of(books: Books): TemporaryFolder {
    return new TemporaryFolder().write(books);
  }

  write({ products, customers, orders }: Books): this {
    const lines = (rows: readonly object[], end: string): string => rows.map((row) => JSON.stringify(row)).join(end);
    this.writeFile('products.json', `[\n${lines(products, ',\n')}\n]\n`);
    this.writeFile('customers.json', `[\n${lines(customers, ',\n')}\n]\n`);
    return this.writeFile('orders.jsonl', `${lines(orders, '\n')}\n`);
  }

  writeFile(name: string, content: string | Buffer): this {
    writeFileSync(join(this.path, name), content);
    return this;
  }

  discard(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Books of any size, from the same goods and customers; each parcel bears its order's number. */
export function madeUpBooks(orders: number): Books {
  const seed = new Seeded(orders);
  const { products, customers } = readBooks(FIXTURE_FOLDER);
  return { products, customers, orders: Array.from({ length: orders }, (_, index) => madeUpOrder(index)) };

  function madeUpOrder(index: number): FileOrder {
    const orderNumber = `M-${1_000 + index}`;
    return {
      orderNumber,
      customerId: seed.oneOf(customers).customerId,
      placedOn: new Date(Date.UTC(1999, 0, 1 + (index % 700))).toISOString().slice(0, 10),
      freight: seed.between(0, 4_000),
      currency: 'USD',
      shipTo: { name: orderNumber, street: '9 Mill Lane', city: 'Leeds', country: 'UK' },
      lines: Array.from({ length: seed.between(1, 5) }, () => ({
        sku: seed.oneOf(products).sku,
        unitPrice: seed.between(1, 9_999),
        quantity: seed.between(1, 60),
        discountPercent: seed.oneOf([0, 0, 5, 15, 50]),
      })),
    };
  }
}
