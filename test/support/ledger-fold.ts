import type { Facts, Row, StoredEvent, ViewName } from './ledger-facts.js';

/** A line of an order, as it is wanted or as it was placed. */
export interface Goods {
  readonly sku: string;
  readonly unitPrice: number;
  readonly quantity: number;
  readonly discountPercent: number;
}

export interface Sums {
  readonly gross: number;
  readonly discount: number;
  readonly net: number;
  readonly units: number;
}

/** Counted by hand, in whole numbers, apart from the program: half to even, per line. */
export function sumsOf(lines: readonly Goods[]): Sums {
  let [gross, discount, units] = [0n, 0n, 0];
  for (const line of lines) {
    const lineGross = BigInt(line.unitPrice) * BigInt(line.quantity);
    gross += lineGross;
    discount += halfToEven(lineGross * BigInt(line.discountPercent));
    units += line.quantity;
  }
  return { gross: Number(gross), discount: Number(discount), net: Number(gross - discount), units };
}

function halfToEven(hundredths: bigint): bigint {
  const [whole, rest] = [hundredths / 100n, hundredths % 100n];
  const isUp = rest > 50n || (rest === 50n && whole % 2n === 1n);
  return isUp ? whole + 1n : whole;
}

/** An order as its one event tells it, with its place in the log. */
export interface PlacedFact {
  readonly event: StoredEvent;
  readonly position: number;
  readonly orderId: string;
  readonly number: string;
  readonly externalNumber: string | null;
  readonly customerId: string;
  readonly currency: string;
  readonly placedAt: string;
  readonly lines: readonly (Goods & { readonly lineId: string; readonly name: string })[];
  readonly shipping: number;
  readonly sums: Sums;
}

/** Every placed order, in the order of the log. */
export function placedIn({ events, log }: Facts): PlacedFact[] {
  const positions = new Map(log.map(({ eventId, position }) => [eventId, position]));
  return events
    .filter(({ name }) => name === 'ordering.order-placed')
    .map((event) => {
      const { totals, ...data } = event.data as unknown as PlacedFact & { totals: { shipping: number } };
      const place = { event, position: positions.get(event.id) ?? 0 };
      return { ...data, ...place, shipping: totals.shipping, sums: sumsOf(data.lines) };
    })
    .toSorted((one, other) => one.position - other.position);
}

/**
 * What the views must hold, folded the simplest way there is, from orders that were placed and nothing else. Shares no
 * code with the projections.
 */
export function naiveFold(orders: readonly PlacedFact[]): Record<ViewName, Row[]> {
  return {
    summary: orders.map(summaryOf),
    search: orders.map(searchOf),
    timeline: orders.map(stepOf),
    ...totalsOf(orders),
  };
}

function summaryOf(order: PlacedFact): Row {
  const lines = order.lines.map(({ lineId, sku, name, unitPrice, quantity, discountPercent }) => {
    const { gross, discount, net } = sumsOf([{ sku, unitPrice, quantity, discountPercent }]);
    const quantities = { ordered: quantity, reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 };
    return { lineId, sku, name, unitPrice, discountPercent, gross, discount, total: net, quantities };
  });
  const { id: event_id, version } = order.event;
  return { ...headOf(order), order_discount: 0, shipping: order.shipping, tax: 0, version, event_id, lines };
}

function searchOf(order: PlacedFact): Row {
  const { net, units } = order.sums;
  const skus = [...new Set(order.lines.map(({ sku }) => sku))];
  const { position, event } = order;
  return { ...headOf(order), total: net + order.shipping, units, skus, version: event.version, position };
}

function headOf({ orderId, number, externalNumber, customerId, currency, placedAt }: PlacedFact): Row {
  return {
    order_id: orderId,
    number,
    external_number: externalNumber,
    customer_id: customerId,
    status: 'placed',
    currency,
    placed_at: placedAt,
  };
}

function stepOf({ orderId, number, currency, placedAt, sums, shipping, event, position }: PlacedFact): Row {
  const params = { number, total: { amount: sums.net + shipping, currency } };
  return { order_id: orderId, version: event.version, type: event.name, at: placedAt, params, position };
}

function totalsOf(orders: readonly PlacedFact[]): Record<'daily' | 'products' | 'customers', Row[]> {
  const [daily, products, customers] = [new Totals(), new Totals(), new Totals()];
  for (const { placedAt, currency, customerId, lines, sums, shipping } of orders) {
    const day = placedAt.slice(0, 10);
    daily.add({ day, currency }, { orders: 1, ...sums, shipping });
    customers.add({ day, currency, customer_id: customerId }, { orders: 1, quantity: sums.units, net: sums.net });
    for (const line of lines) {
      products.add(
        { day, currency, sku: line.sku, name: line.name },
        { quantity: line.quantity, net: sumsOf([line]).net },
      );
    }
  }
  return { daily: daily.rows(), products: products.rows(), customers: customers.rows() };
}

class Totals {
  readonly #rows = new Map<string, { key: Row; amounts: Record<string, number> }>();

  add(key: Row, amounts: Readonly<Record<string, number>>): void {
    const id = JSON.stringify(key);
    const row = this.#rows.get(id) ?? { key, amounts: {} };
    for (const [name, amount] of Object.entries(amounts)) row.amounts[name] = (row.amounts[name] ?? 0) + amount;
    this.#rows.set(id, row);
  }

  rows(): Row[] {
    return [...this.#rows.values()].map(({ key, amounts }) => ({ ...key, ...amounts }));
  }
}
