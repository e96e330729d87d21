import type { MoneyJson } from '#shared';

/** Lines per order: what one commit and one page can carry. */
export const MAX_LINES = 100;

/** Events of a draft, after which it is edited no more: every edit folds them all. */
export const MAX_DRAFT_EVENTS = 500;

/** Units per line. */
export const MAX_QUANTITY = 100_000;

/**
 * What an order's lines and delivery come to at most, before discounts, in minor units: 100 billion euros. A mistyped price
 * beyond it is refused, and reports can add up 900 such orders before a sum is longer than a JSON number holds exactly.
 */
export const MAX_ORDER_AMOUNT = 10_000_000_000_000;

/** Characters of an order's note. */
export const MAX_NOTE_LENGTH = 2_000;

/** A line of an order with its own copy of what was true when it was priced. Amounts in minor units. */
export interface OrderLine {
  readonly lineId: string;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPrice: number;
  /** A whole number from 0 to 100. */
  readonly discountPercent: number;
  readonly taxClass: string | null;
  /** unitPrice × quantity */
  readonly gross: number;
  /** discountPercent of gross, rounded half to even. */
  readonly discount: number;
  /** gross − discount */
  readonly total: number;
}

/** A line of a draft: still moving, and priced again when the draft is placed. */
export interface DraftLine extends OrderLine {
  readonly currency: string;
  /** The unit price was agreed upon with staff, so the catalog's price doesn't replace it. */
  readonly isNegotiated: boolean;
}

/** A line as it was placed; nothing else is used for money from then on. */
export interface PlacedLine extends OrderLine {
  /** The line's share of the discounts on the whole order. What the line earns is total − orderDiscount. */
  readonly orderDiscount: number;
}

/** Tax on one line. There are none until tax rates exist. */
export interface TaxLine {
  readonly lineId: string;
  readonly taxClass: string | null;
  /** Hundredths of a percent: 1900 is 19 %. */
  readonly rateBasisPoints: number;
  readonly amount: number;
}

/** What an order comes to, in minor units of its currency: grand = items − discount + shipping + tax. */
export interface OrderTotals {
  /** Sum of the lines' gross. */
  readonly items: number;
  /** Discounts of the lines and of the order together. */
  readonly discount: number;
  readonly shipping: number;
  readonly tax: number;
  readonly grand: number;
}

/** What a basket costs at this moment. */
export interface Quote {
  readonly currency: string;
  readonly lines: readonly PlacedLine[];
  readonly taxLines: readonly TaxLine[];
  readonly totals: OrderTotals;
  /** totals.grand once more, as an order's expected total wants it. */
  readonly total: MoneyJson;
}

/** What is to happen when goods are short: nothing is sold, or what is there is sent first. */
export type ShortagePolicy = 'reject' | 'partial';
