import { DurableEvent } from '#kernel/domain';
import type { MoneyJson } from '#shared';
import type { DraftLine, OrderTotals, PlacedLine, ShortagePolicy, TaxLine } from './order-line.js';

/** A caller began a draft. */
@DurableEvent('ordering.order-started', 1)
export class OrderStarted {
  constructor(
    readonly orderId: string,
    readonly customerId: string,
    readonly startedAt: string,
  ) {}
}

@DurableEvent('ordering.line-added', 1)
export class LineAdded {
  constructor(
    readonly orderId: string,
    readonly line: DraftLine,
  ) {}
}

/** The line of a draft asks for another quantity; its amounts follow. */
@DurableEvent('ordering.line-quantity-changed', 1)
export class LineQuantityChanged {
  readonly orderId!: string;
  readonly lineId!: string;
  readonly quantity!: number;
  readonly gross!: number;
  readonly discount!: number;
  readonly total!: number;

  constructor(facts: LineQuantityChanged) {
    Object.assign(this, facts);
  }
}

@DurableEvent('ordering.line-removed', 1)
export class LineRemoved {
  constructor(
    readonly orderId: string,
    readonly lineId: string,
  ) {}
}

/** It is known where the goods go. The address itself is personal data and lies in the erasable table. */
@DurableEvent('ordering.delivery-set', 1)
export class DeliverySet {
  constructor(
    readonly orderId: string,
    /** What delivery costs the customer; null: nothing. */
    readonly shippingFee: MoneyJson | null,
  ) {}
}

/** Staff took an amount off the whole order. */
@DurableEvent('ordering.discount-granted', 1)
export class DiscountGranted {
  readonly orderId!: string;
  readonly discountId!: string;
  /** Minor units of `currency`. */
  readonly amount!: number;
  readonly currency!: string;
  readonly reason!: string;

  constructor(facts: DiscountGranted) {
    Object.assign(this, facts);
  }
}

/** Staff took a discount back. */
@DurableEvent('ordering.discount-removed', 1)
export class DiscountRemoved {
  readonly orderId!: string;
  readonly discountId!: string;
  /** What it had taken off, in minor units of `currency`. */
  readonly amount!: number;
  readonly currency!: string;

  constructor(facts: DiscountRemoved) {
    Object.assign(this, facts);
  }
}

/** The customer ordered. From here on nothing but these lines and totals is used for money. */
@DurableEvent('ordering.order-placed', 1)
export class OrderPlaced {
  readonly orderId!: string;
  /** For people: `SO-1001`; with gaps. */
  readonly number!: string;
  /** The order's number in the system that it was imported from. */
  readonly externalNumber!: string | null;
  readonly customerId!: string;
  readonly currency!: string;
  readonly lines!: readonly PlacedLine[];
  readonly taxLines!: readonly TaxLine[];
  readonly totals!: OrderTotals;
  readonly shortagePolicy!: ShortagePolicy;
  /** When the customer ordered: earlier than the event for an imported order. */
  readonly placedAt!: string;

  constructor(facts: OrderPlaced) {
    Object.assign(this, facts);
  }
}

/** A draft was given up. */
@DurableEvent('ordering.order-discarded', 1)
export class OrderDiscarded {
  constructor(
    readonly orderId: string,
    readonly discardedAt: string,
  ) {}
}
