import { Command } from '@nestjs/cqrs';
import { DurableCommand, type Actor } from '#kernel/domain';
import type { BillingAddress, DeliveryAddress, MoneyJson } from '#shared';
import type { ShortagePolicy } from './order-line.js';

/** One line as it is asked for. */
export interface RequestedLine {
  readonly sku: string;
  /** 1 to 100,000. */
  readonly quantity: number;
  /** Minor units; agreed upon with staff, or imported. Left out: the catalog's price. */
  readonly unitPrice?: number | undefined;
  /** A whole number from 0 to 100; left out: 0. */
  readonly discountPercent?: number | undefined;
  /** Of `unitPrice`, for an imported order; left out: the currency that the product has now. */
  readonly currency?: string | undefined;
  /** The product's name when an imported order was placed; left out: its name now. */
  readonly name?: string | undefined;
}

export interface PlaceOrder {
  /** UUIDv7, made by the caller. */
  readonly orderId: string;
  readonly by: Actor;
  /** A customer orders for themselves. Staff and services name a customer who must be known. */
  readonly customerId: string;
  /** 1 to 100; the same SKU twice stays two lines. */
  readonly lines: readonly RequestedLine[];
  readonly shipTo: DeliveryAddress;
  /** Left out: the invoice goes where the goods go. */
  readonly billTo?: BillingAddress | undefined;
  /** The customer's note about the order. Personal data, like the addresses. */
  readonly note?: string | undefined;
  /** A gateway's token, never a card. */
  readonly paymentMethodToken?: string | undefined;
  /** What the customer was shown; the order is refused with a fresh quote if it comes to anything else. */
  readonly expectedTotal?: MoneyJson | undefined;
  readonly shippingFee?: MoneyJson | undefined;
  /** The discount on the whole of an imported order. */
  readonly discount?: MoneyJson | undefined;
  /** Default: reject. */
  readonly shortagePolicy?: ShortagePolicy | undefined;
  /** RFC 3339 */
  readonly placedAt: string;
  /** The order was placed in another system at `placedAt`: it may name discontinued products. */
  readonly isImported?: boolean | undefined;
  /** The number there; unique. */
  readonly externalNumber?: string | undefined;
}

export interface PlacedOrder {
  readonly id: string;
  readonly number: string;
  readonly status: 'placed';
  readonly version: number;
  readonly total: MoneyJson;
}

/** Checkout: makes an order and places it in one go. */
@DurableCommand('ordering.place-order')
export class PlaceOrderCommand extends Command<PlacedOrder> {
  constructor(readonly order: PlaceOrder) {
    super();
  }
}
