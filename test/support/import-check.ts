import { sumsOf, placedIn, type PlacedFact } from './ledger-fold.js';
import type { Facts, Row } from './ledger-facts.js';
import { groups, told } from './ledger-groups.js';
import type { Books, FileOrder } from './import-folders.js';

/** What holds between the books of another system and the database they were taken over to, once all is in. */
export function violationsOfImport(books: Books, facts: Facts): string[] {
  const placed = placedIn(facts);
  return told({
    'every order of the file is there once, as it is in the file': wrongOrders(books, placed, facts),
    'the figures are the file’s': wrongFigures(books, facts),
    'products are as in the file': wrongRows(books.products.map(productOf), facts.products, 'sku'),
    'customers are as in the file': wrongRows(books.customers.map(customerOf), facts.customers, 'customer_id'),
  });
}

/** Orders, units, net, gross and shipping, straight from the file. */
export function figuresOf({ orders }: Books): Row {
  const { units, net, gross } = sumsOf(orders.flatMap(({ lines }) => lines));
  return { orders: orders.length, units, net, gross, shipping: orders.reduce((sum, { freight }) => sum + freight, 0) };
}

function wrongFigures(books: Books, { views }: Facts): string[] {
  const sum = (field: string): number => views.daily.reduce((all, row) => all + (row[field] as number), 0);
  const have = Object.fromEntries(['orders', 'units', 'net', 'gross', 'shipping'].map((field) => [field, sum(field)]));
  const want = figuresOf(books);
  return JSON.stringify(want) === JSON.stringify(have) ? [] : [`${JSON.stringify(have)} for ${JSON.stringify(want)}`];
}

function wrongOrders({ orders }: Books, placed: readonly PlacedFact[], { parcels }: Facts): string[] {
  const parcelOf = new Map(parcels.map(({ orderId, name }) => [orderId, name]));
  const byNumber = groups(placed, ({ externalNumber, orderId }) => externalNumber ?? parcelOf.get(orderId) ?? 'none');
  const wrong = orders.flatMap((order) => {
    const found = byNumber.get(order.orderNumber) ?? [];
    if (found.length !== 1) return [`${order.orderNumber} is there ${found.length} times`];
    return isSame(order, found[0]!) ? [] : [`${order.orderNumber} is another one`];
  });
  return placed.length === orders.length ? wrong : [...wrong, `${placed.length} orders for ${orders.length} rows`];
}

function isSame(order: FileOrder, placed: PlacedFact): boolean {
  const want = [
    order.customerId,
    `${order.placedOn}T00:00:00.000Z`,
    order.currency,
    order.freight,
    order.lines.map(goods),
  ];
  const { customerId, placedAt, currency, shipping, lines } = placed;
  return JSON.stringify(want) === JSON.stringify([customerId, placedAt, currency, shipping, lines.map(goods)]);
}

function goods({ sku, unitPrice, quantity, discountPercent }: FileOrder['lines'][number]): unknown[] {
  return [sku, unitPrice, quantity, discountPercent];
}

function productOf({ sku, name, category, unit, unitPrice, currency, discontinued }: Books['products'][number]): Row {
  return { sku, name, category, unit, unit_price: unitPrice, currency, discontinued };
}

function customerOf(row: Books['customers'][number]): Row {
  const { customerId, company, contact, phone, street, city, region, postalCode, country } = row;
  return {
    customer_id: customerId,
    name: company,
    contact,
    phone,
    address: { street, city, region, postalCode, country },
  };
}

function wrongRows(want: readonly Row[], have: readonly Row[], id: string): string[] {
  const rows = new Map(have.map((row) => [row[id], row]));
  return want.flatMap((row) => {
    const found = rows.get(row[id]) ?? {};
    const isEqual = Object.entries(row).every(([field, value]) => sameValue(value, found[field]));
    return isEqual ? [] : [`${String(row[id])} is ${JSON.stringify(found)}`];
  });
}

function sameValue(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null) return one === other;
  return Object.entries(one).every(([field, value]) => (other as Row | null)?.[field] === value);
}
