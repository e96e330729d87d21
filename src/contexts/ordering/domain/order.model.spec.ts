import fc from 'fast-check';
import { isRefusal } from '#kernel/domain';
import { Order } from './order.js';
import { obstacleTo, type OrderAction, type OrderStanding } from '../contracts/order-actions.js';
import type { SellableProduct } from './pricing.js';

const orderId = '01980000-0000-7000-8000-000000000001';
const at = '2026-11-23T12:00:00.000Z';

const sku = fc.constantFrom('A', 'B', 'C', 'GONE');
const money = fc.record({ amount: fc.nat({ max: 3000 }), currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD') });
const products: SellableProduct[] = ['A', 'B', 'C'].map((name, n) => ({
  sku: name,
  name,
  unitPrice: [1999, 5, 333][n]!,
  currency: 'EUR',
  taxClass: null,
  discontinued: name === 'C',
}));

/** One wish of somebody: which action it is, and how it is asked for. */
interface Wish {
  readonly action: OrderAction;
  readonly ask: (order: Order) => unknown;
}

let lineCount = 0;
const lineIdAt = (order: Order, index: number): string =>
  order.state.status === 'draft' ? (order.state.lines[index]?.lineId ?? 'none') : 'none';

const addLine = fc
  .record({ sku, quantity: fc.integer({ min: -1, max: 20 }), discountPercent: fc.nat({ max: 100 }) })
  .map((line): Wish => ({
    action: 'add-line',
    ask: (order) => order.addLine({ lineId: `line-${(lineCount += 1)}`, ...line }, products),
  }));
const changeLine = fc
  .record({ index: fc.nat({ max: 3 }), quantity: fc.integer({ min: 0, max: 20 }) })
  .map(({ index, quantity }): Wish => ({
    action: 'change-lines',
    ask: (order) => order.changeLineQuantity(lineIdAt(order, index), quantity),
  }));
const removeLine = fc
  .nat({ max: 3 })
  .map((index): Wish => ({ action: 'change-lines', ask: (order) => order.removeLine(lineIdAt(order, index)) }));
const setDelivery = fc
  .option(money)
  .map((fee): Wish => ({ action: 'set-delivery', ask: (order) => order.setDelivery(fee) }));
const grantDiscount = money.map((amount): Wish => ({
  action: 'grant-discount',
  ask: (order) => order.grantDiscount({ discountId: 'd', amount, reason: 'r' }),
}));
const place = fc.nat({ max: 9 }).map((number): Wish => ({
  action: 'place',
  ask: (order) => {
    const quote = order.quoteForPlacing(products, undefined);
    order.place(quote, { number: `SO-${number}`, shortagePolicy: 'reject', placedAt: at });
  },
}));
const discard = fc.constant<Wish>({ action: 'discard', ask: (order) => order.discard(at) });
const wishes = fc.array(
  fc.oneof(
    { arbitrary: addLine, weight: 12 },
    { arbitrary: changeLine, weight: 5 },
    { arbitrary: removeLine, weight: 3 },
    { arbitrary: setDelivery, weight: 5 },
    { arbitrary: grantDiscount, weight: 4 },
    { arbitrary: place, weight: 3 },
    { arbitrary: discard, weight: 1 },
  ),
  { maxLength: 40 },
);

function standingOf({ state, version }: Order): OrderStanding {
  switch (state.status) {
    case 'draft':
      return { status: 'draft', lineCount: state.lines.length, deliveryIsSet: state.deliveryIsSet, version };
    case 'placed':
      return { status: 'placed', lineCount: state.lines.length, deliveryIsSet: true, version };
    default:
      return { status: 'discarded', lineCount: 0, deliveryIsSet: false, version };
  }
}

/** The code of the refusal, or undefined when the wish was granted or had come true before. */
function answerTo({ ask }: Wish, order: Order): string | undefined {
  try {
    ask(order);
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.code;
  }
}

/** The same order, read back from its stored events. */
function reloaded(order: Order): Order {
  const stored = order.recorded.map((event) =>
    Object.assign(Object.create(Object.getPrototypeOf(event) as object) as object, JSON.parse(JSON.stringify(event))),
  );
  const again = new Order(order.id);
  again.replay(stored);
  return again;
}

function assertInvariants({ state }: Order): void {
  if (state.status === 'draft') {
    const owed = [...state.discounts, ...(state.shippingFee ? [state.shippingFee] : [])];
    const currencies = new Set([...state.lines, ...owed].map(({ currency }) => currency));
    expect(currencies.size).toBeLessThanOrEqual(1); // O3
    const total = state.lines.reduce((sum, line) => sum + line.total, 0);
    expect(state.discounts.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(total);
  }
  if (state.status !== 'placed') return;
  const { items, discount, shipping, tax, grand } = state.totals;
  expect(grand).toBe(items - discount + shipping + tax); // O4
  expect(grand - shipping).toBe(state.lines.reduce((sum, line) => sum + line.total - line.orderDiscount, 0)); // O4
  for (const { quantity, quantities: book } of state.lines) {
    expect(book.ordered).toBe(quantity);
    expect(book.cancelled + book.shipped).toBeLessThanOrEqual(book.ordered); // O1
    expect(book.returned).toBeLessThanOrEqual(book.shipped); // O2
  }
}

describe('an order, whatever is wished for it in whatever order', () => {
  it('keeps its invariants, ends every wish in one event, a refusal or a repeat, and is the fold of its events', () => {
    fc.assert(
      fc.property(wishes, (sequence) => {
        const order = new Order(orderId);
        order.start('ada', at);
        for (const wish of sequence) {
          const [before, version] = [order.state, order.version];
          const obstacle = obstacleTo(wish.action, standingOf(order));
          const refusal = answerTo(wish, order);
          const isRepeat = wish.action === 'discard' && before.status === 'discarded';
          if (obstacle !== undefined && !isRepeat) expect(refusal).toBe(obstacle);
          expect(order.version - version).toBeLessThanOrEqual(refusal === undefined ? 1 : 0);
          if (before.status === 'placed' || before.status === 'discarded') expect(order.state).toBe(before); // O5, O6, O8
          assertInvariants(order);
        }
        expect(reloaded(order).state).toEqual(order.state);
      }),
      { numRuns: 300 },
    );
  });

  it('reaches every status', () => {
    const reached = new Set<string>();
    for (const sequence of fc.sample(wishes, { numRuns: 300, seed: 7 })) {
      const order = new Order(orderId);
      order.start('ada', at);
      for (const wish of sequence) answerTo(wish, order);
      reached.add(order.state.status);
    }
    expect([...reached].toSorted()).toEqual(['discarded', 'draft', 'placed']);
  });
});
