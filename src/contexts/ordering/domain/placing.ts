import type { MoneyJson } from '#shared';
import type { ShortagePolicy } from '../contracts/order-line.js';
import type { Extras, UnpricedLine } from './pricing.js';

/** What is fixed at the moment of placing, besides the money. */
export interface Placement {
  readonly number: string;
  readonly shortagePolicy: ShortagePolicy;
  readonly placedAt: string;
  readonly externalNumber?: string | undefined;
}

/** What is to be ordered in one go. */
export interface Basket extends Extras {
  readonly lines: readonly UnpricedLine[];
  readonly expectedTotal?: MoneyJson | undefined;
  /** The order was placed in another system: its goods may be discontinued by now. */
  readonly isImported?: boolean | undefined;
}

/** An amount off the whole order. */
export interface Discount {
  readonly discountId: string;
  readonly amount: MoneyJson;
  readonly reason: string;
}
