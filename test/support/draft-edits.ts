import fc from 'fast-check';
import { isRefusal } from '#kernel/domain';
import type { OrderAction } from '../../src/contexts/ordering/contracts/order-actions.js';
import type { Order } from '../../src/contexts/ordering/domain/order.js';
import type { SellableProduct } from '../../src/contexts/ordering/domain/pricing.js';

export const at = '2026-11-23T12:00:00.000Z';

/** Three products in euros, the last one discontinued, and one in dollars. */
export const products: SellableProduct[] = [
  { sku: 'A', unitPrice: 1999, currency: 'EUR', discontinued: false },
  { sku: 'B', unitPrice: 5, currency: 'EUR', discontinued: false },
  { sku: 'C', unitPrice: 333, currency: 'EUR', discontinued: true },
  { sku: 'D', unitPrice: 700, currency: 'USD', discontinued: false },
].map((product) => ({ ...product, name: `The ${product.sku}`, taxClass: null }));

const sku = fc.constantFrom('A', 'A', 'B', 'B', 'C', 'D', 'GONE');
const money = fc.record({ amount: fc.nat({ max: 3000 }), currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD') });

/** One request to a draft: which action it is, and how it is asked for. */
export interface DraftEdit {
  readonly action: OrderAction;
  readonly ask: (order: Order) => unknown;
}

let lineCount = 0;
let discountCount = 0;

function lineIdAt(order: Order, index: number): string {
  return order.state.status === 'draft' ? (order.state.lines[index]?.lineId ?? 'none') : 'none';
}

function discountIdAt(order: Order, index: number): string {
  return order.state.status === 'draft' ? (order.state.discounts[index]?.discountId ?? 'none') : 'none';
}

const addLine = fc
  .record({ sku, quantity: fc.integer({ min: -1, max: 20 }), discountPercent: fc.nat({ max: 100 }) })
  .map((line): DraftEdit => ({
    action: 'add-line',
    ask: (order) => order.addLine({ lineId: `line-${(lineCount += 1)}`, ...line }, products),
  }));
const changeLine = fc
  .record({ index: fc.nat({ max: 3 }), quantity: fc.integer({ min: 0, max: 20 }) })
  .map(({ index, quantity }): DraftEdit => ({
    action: 'change-lines',
    ask: (order) => order.changeLineQuantity(lineIdAt(order, index), quantity),
  }));
const removeLine = fc
  .nat({ max: 3 })
  .map((index): DraftEdit => ({ action: 'change-lines', ask: (order) => order.removeLine(lineIdAt(order, index)) }));
const setDelivery = fc
  .option(money)
  .map((fee): DraftEdit => ({ action: 'set-delivery', ask: (order) => order.setDelivery(fee) }));
const grantDiscount = money.map((amount): DraftEdit => ({
  action: 'grant-discount',
  ask: (order) => order.grantDiscount({ discountId: `discount-${(discountCount += 1)}`, amount, reason: 'r' }),
}));
const removeDiscount = fc.nat({ max: 2 }).map((index): DraftEdit => ({
  action: 'remove-discount',
  ask: (order) => order.removeDiscount(discountIdAt(order, index)),
}));
const place = fc.nat({ max: 9 }).map((number): DraftEdit => ({
  action: 'place',
  ask: (order) => {
    const quote = order.quoteForPlacing(products, undefined);
    order.place(quote, { number: `SO-${number}`, shortagePolicy: 'reject', placedAt: at });
  },
}));
const discard = fc.constant<DraftEdit>({ action: 'discard', ask: (order) => order.discard(at) });

/** Requests in a random order, as customers, support and services might send them. */
export const draftEdits: fc.Arbitrary<DraftEdit[]> = fc.array(
  fc.oneof(
    { arbitrary: addLine, weight: 12 },
    { arbitrary: changeLine, weight: 5 },
    { arbitrary: removeLine, weight: 5 },
    { arbitrary: setDelivery, weight: 5 },
    { arbitrary: grantDiscount, weight: 4 },
    { arbitrary: removeDiscount, weight: 2 },
    { arbitrary: place, weight: 3 },
    { arbitrary: discard, weight: 1 },
  ),
  { maxLength: 40 },
);

/** The code of the refusal, or undefined when the request was granted or had come true before. */
export function answerTo({ ask }: DraftEdit, order: Order): string | undefined {
  try {
    ask(order);
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.code;
  }
}
