import { Query } from '@nestjs/cqrs';
import type { BillingAddress, DeliveryAddress } from '#shared';
import type { OrderTotals } from './order-line.js';

export const ORDER_STATUSES = ['draft', 'placed', 'discarded'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The line book: how many units of a line are where. */
export interface LineQuantities {
  readonly ordered: number;
  readonly reserved: number;
  readonly backordered: number;
  readonly cancelled: number;
  readonly shipped: number;
  readonly returned: number;
}

export interface OrderSummaryLine {
  readonly lineId: string;
  readonly sku: string;
  readonly name: string;
  /** Minor units of the order's currency, like every amount here. */
  readonly unitPrice: number;
  readonly discountPercent: number;
  readonly quantities: LineQuantities;
  /** After the line's own discount. */
  readonly total: number;
}

/** An amount off the whole order. */
export interface OrderSummaryDiscount {
  readonly discountId: string;
  /** Minor units of the order's currency. */
  readonly amount: number;
  readonly reason: string;
}

export interface OrderSummaryTotals extends OrderTotals {
  readonly authorised: number;
  readonly captured: number;
  readonly refunded: number;
  /** What is still to be paid. */
  readonly due: number;
}

/** One order as its customer and the staff see it. */
export interface OrderSummary {
  readonly id: string;
  /** Null until the order is placed. */
  readonly number: string | null;
  readonly externalNumber: string | null;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly paymentStatus: 'none';
  readonly fulfilmentStatus: 'unfulfilled';
  /** Null while a draft holds nothing that has a price. */
  readonly currency: string | null;
  readonly placedAt: string | null;
  readonly updatedAt: string;
  readonly version: number;
  readonly lines: readonly OrderSummaryLine[];
  /** What staff granted on the whole order while it was a draft. */
  readonly discounts: readonly OrderSummaryDiscount[];
  readonly totals: OrderSummaryTotals;
  readonly shipments: readonly never[];
  /** It is known where the goods go, even if the address has been erased since. */
  readonly deliveryIsSet: boolean;
  readonly shipTo: DeliveryAddress | null;
  /** Null: the invoice goes where the goods go, or the address has been erased. */
  readonly billTo: BillingAddress | null;
  readonly note: string | null;
  readonly exceptions: readonly never[];
}

/** Which order: by its id, its number, or its number in the system it came from. */
export type OrderReference =
  { readonly id: string } | { readonly number: string } | { readonly externalNumber: string };

/** One order. Refused with `not-found` when there is none, or when it isn't the customer's who asks. */
export class GetOrderSummaryQuery extends Query<OrderSummary> {
  readonly order: OrderReference;
  /** Only if the order is this customer's; null: any order. */
  readonly onlyCustomerId: string | null;

  constructor({ order, onlyCustomerId }: { readonly order: OrderReference; readonly onlyCustomerId: string | null }) {
    super();
    this.order = order;
    this.onlyCustomerId = onlyCustomerId;
  }
}
