import fc from 'fast-check';
import { statesOf } from '../../../../test/support/fold.js';
import { answerTo, at, draftEdits, type DraftEdit } from '../../../../test/support/draft-edits.js';
import type { DraftLine, OrderTotals } from '../contracts/order-line.js';
import { Order } from '../domain/order.js';
import type { Draft, OrderState } from '../domain/order-state.js';
import { totalsOf } from '../domain/pricing.js';
import { listItem } from '../queries/find-orders.query.js';
import { OrderSearchProjection } from './order-search/order-search.projection.js';
import type { OrderSearchView } from './order-search/order-search.view.js';
import { summaryOf } from '../queries/get-order-summary.query.js';
import { OrderSummaryProjection } from './order-summary/order-summary.projection.js';
import type { OrderSummaryView } from './order-summary/order-summary.view.js';

const orderId = '01980000-0000-7000-8000-000000000001';

/** What both views must show of an order, as the aggregate has it. */
interface Facts {
  readonly status: string;
  readonly customerId: string;
  readonly number: string | null;
  readonly currency: string | null;
  readonly lines: readonly Pick<DraftLine, 'lineId' | 'sku' | 'name' | 'quantity' | 'unitPrice' | 'total'>[];
  readonly discounts: readonly { readonly discountId: string; readonly amount: number }[];
  readonly totals: OrderTotals;
  readonly deliveryIsSet: boolean;
}

/** A discarded draft keeps the look of its last state, which the aggregate forgets. */
function factsOf(state: OrderState, lastDraft: Draft): Facts {
  const discounts = lastDraft.discounts.map(({ discountId, amount }) => ({ discountId, amount }));
  if (state.status === 'placed') {
    const { status, customerId, number, currency, lines, totals } = state;
    const placed = { status, customerId, number, currency, totals, deliveryIsSet: true };
    return { ...placed, lines: lines.map(lineFacts), discounts };
  }
  const { customerId, lines, shippingFee, deliveryIsSet } = lastDraft;
  const amounts = [...lines, ...lastDraft.discounts, ...(shippingFee === null ? [] : [shippingFee])];
  return {
    status: state.status,
    customerId,
    number: null,
    currency: amounts[0]?.currency ?? null,
    lines: lines.map(lineFacts),
    discounts,
    totals: totalsOf(lines, lastDraft),
    deliveryIsSet,
  };
}

function lineFacts({ lineId, sku, name, quantity, unitPrice, total }: Facts['lines'][number]): Facts['lines'][number] {
  return { lineId, sku, name, quantity, unitPrice, total };
}

/** What an order is after each of its events. */
function historyOf(edits: readonly DraftEdit[]): { facts: readonly Facts[]; events: readonly object[] } {
  const order = new Order(orderId);
  order.start('ada', at);
  let draft = order.state as Draft;
  const facts = [factsOf(draft, draft)];
  for (const edit of edits) {
    const { version } = order;
    answerTo(edit, order);
    if (order.state.status === 'draft') draft = order.state;
    if (order.version > version) facts.push(factsOf(order.state, draft));
  }
  return { facts, events: order.recorded };
}

function shownInSummary(row: OrderSummaryView | undefined, version: number): Facts {
  const shown = summaryOf(Object.assign(row!, { version, eventId: 1, shipTo: null, billTo: null, note: null }));
  const { authorised: _a, captured: _c, refunded: _r, due: _d, ...totals } = shown.totals;
  const { status, customerId, number, currency, deliveryIsSet } = shown;
  const lines = shown.lines.map((line) => lineFacts({ ...line, quantity: line.quantities.ordered }));
  const discounts = shown.discounts.map(({ discountId, amount }) => ({ discountId, amount }));
  return { status, customerId, number, currency, lines, discounts, totals, deliveryIsSet };
}

/** What lists show, and what they are filtered by. */
function shownInList(row: OrderSearchView | undefined, version: number): object {
  const { status, customerId, number, currency, total, units } = listItem(
    Object.assign(row!, { version, sortKey: '' }),
  );
  return { status, customerId, number, currency, total, units, skus: row!.skus };
}

function expectedInList({ status, customerId, number, currency, lines, totals }: Facts): object {
  const total = currency === null ? null : { amount: totals.grand, currency };
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return { status, customerId, number, currency, total, units, skus: [...new Set(lines.map(({ sku }) => sku))] };
}

describe('the views of an order, whatever was done to it', () => {
  it('show in the summary what the aggregate holds', () => {
    fc.assert(
      fc.property(draftEdits, (edits) => {
        const { facts, events } = historyOf(edits);
        const rows = statesOf<OrderSummaryView>(new OrderSummaryProjection(), events);
        expect(rows.map((row, index) => shownInSummary(row, index + 1))).toEqual(facts);
      }),
      { numRuns: 300 },
    );
  });

  it('show in lists what the aggregate holds', () => {
    fc.assert(
      fc.property(draftEdits, (edits) => {
        const { facts, events } = historyOf(edits);
        const rows = statesOf<OrderSearchView>(new OrderSearchProjection(), events);
        expect(rows.map((row, index) => shownInList(row, index + 1))).toEqual(facts.map(expectedInList));
      }),
      { numRuns: 300 },
    );
  });
});
