import type { MoneyJson } from '#shared';
import type { DraftLine, OrderTotals } from '../contracts/order-line.js';
import type { BookedLine } from './line-book.js';

/** Put together by a customer or for one; its prices are those of the moment and count for nothing yet. */
export interface Draft {
  readonly status: 'draft';
  readonly customerId: string;
  readonly lines: readonly DraftLine[];
  readonly discounts: readonly MoneyJson[];
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
