import { NotFound } from '#kernel/domain';
import type { MoneyJson } from '#shared';
import type { OrderFacts } from '../contracts/order-actions.js';
import type { DraftLine, OrderTotals } from '../contracts/order-line.js';
import type { BookedLine } from './line-book.js';

/** What staff took off the whole order. */
export interface GrantedDiscount extends MoneyJson {
  readonly discountId: string;
}

/** Put together by a customer or for one; its prices are those of the moment and count for nothing yet. */
export interface Draft {
  readonly status: 'draft';
  readonly customerId: string;
  readonly lines: readonly DraftLine[];
  readonly discounts: readonly GrantedDiscount[];
  readonly shippingFee: MoneyJson | null;
  readonly deliveryIsSet: boolean;
}

/** Ordered: lines and totals stand. */
export interface Placed {
  readonly status: 'placed';
  readonly customerId: string;
  readonly number: string;
  readonly currency: string;
  readonly lines: readonly BookedLine[];
  readonly totals: OrderTotals;
}

/** Given up before it was placed. */
export interface Discarded {
  readonly status: 'discarded';
  readonly customerId: string;
}

/** An order before its first event. */
export interface Unstarted {
  readonly status: 'unstarted';
}

export type OrderState = Unstarted | Draft | Placed | Discarded;

/** @throws NotFound */
export function lineOf({ lines }: Draft, lineId: string): DraftLine {
  const line = lines.find((candidate) => candidate.lineId === lineId);
  if (line === undefined) throw new NotFound(`The order has no line ${lineId}.`);
  return line;
}

/** @throws NotFound */
export function discountOf({ discounts }: Draft, discountId: string): GrantedDiscount {
  const discount = discounts.find((candidate) => candidate.discountId === discountId);
  if (discount === undefined) throw new NotFound(`The order has no discount ${discountId}.`);
  return discount;
}

/** What decides which actions are open. */
export function factsOf(state: Draft | Placed | Discarded): Omit<OrderFacts, 'version'> {
  const { status } = state;
  switch (status) {
    case 'draft':
      return { status, lineCount: state.lines.length, deliveryIsSet: state.deliveryIsSet };
    case 'placed':
      return { status, lineCount: state.lines.length, deliveryIsSet: true };
    case 'discarded':
      return { status, lineCount: 0, deliveryIsSet: false };
    default:
      return status satisfies never;
  }
}
