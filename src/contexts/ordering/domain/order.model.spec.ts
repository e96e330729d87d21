import fc from 'fast-check';
import { answerTo, at, draftEdits } from '../../../../test/support/draft-edits.js';
import { Order } from './order.js';
import { refusalFor, type OrderFacts } from '../contracts/order-actions.js';

const orderId = '01980000-0000-7000-8000-000000000001';

function factsOf({ state, version }: Order): OrderFacts {
  switch (state.status) {
    case 'draft':
      return { status: 'draft', lineCount: state.lines.length, deliveryIsSet: state.deliveryIsSet, version };
    case 'placed':
      return { status: 'placed', lineCount: state.lines.length, deliveryIsSet: true, version };
    default:
      return { status: 'discarded', lineCount: 0, deliveryIsSet: false, version };
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
      fc.property(draftEdits, (sequence) => {
        const order = new Order(orderId);
        order.start('ada', at);
        for (const edit of sequence) {
          const [before, version] = [order.state, order.version];
          const obstacle = refusalFor(edit.action, factsOf(order));
          const refusal = answerTo(edit, order);
          const isRepeat = edit.action === 'discard' && before.status === 'discarded';
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
    for (const sequence of fc.sample(draftEdits, { numRuns: 300, seed: 7 })) {
      const order = new Order(orderId);
      order.start('ada', at);
      for (const edit of sequence) answerTo(edit, order);
      reached.add(order.state.status);
    }
    expect([...reached].toSorted()).toEqual(['discarded', 'draft', 'placed']);
  });
});
