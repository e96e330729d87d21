import { invalidInput } from '#kernel';
import type { Actor } from '#kernel/domain';
import { isCurrency, type DeliveryAddress, type MoneyJson } from '#shared';
import type { LineWish, PlaceOrder } from '../contracts/place-order.js';
import { assertAbsent, customerIdFor } from './callers.js';
import type { LineBody, PlaceOrderBody, ShipToBody } from './order-input.dto.js';

const SERVICES_ONLY = 'Only services take orders over from another system.';

/** What a checkout asks for. @throws invalid input for fields that the caller's role may not set, or may not leave out. */
export function placeOrderWish(
  body: PlaceOrderBody,
  by: Actor,
  { orderId, now }: { orderId: string; now: Date },
): PlaceOrder {
  const { externalNumber, shippingFee, shortagePolicy, expectedTotal } = body;
  if (by.type !== 'service') {
    assertAbsent(body.placedAt, '/placedAt', SERVICES_ONLY);
    assertAbsent(externalNumber, '/externalNumber', SERVICES_ONLY);
  }
  return {
    orderId,
    by,
    customerId: customerIdFor(by, body.customerId),
    lines: body.lines.map((line, index) => lineWish(line, by, `/lines/${index}`)),
    shipTo: deliveryAddress(body.shipTo),
    paymentMethodToken: body.paymentMethodToken ?? undefined,
    expectedTotal: expectedTotal ?? undefined,
    shippingFee: feeWish(shippingFee, by) ?? undefined,
    shortagePolicy: shortagePolicy ?? undefined,
    placedAt: placedAt(body.placedAt, now),
    isTakenOver: typeof body.placedAt === 'string',
    externalNumber: externalNumber ?? undefined,
  };
}

/** A line, with the price that staff agreed upon. @throws invalid input when a customer names one. */
export function lineWish({ sku, quantity, unitPrice, discountPercent }: LineBody, by: Actor, pointer = ''): LineWish {
  if (by.type === 'customer') {
    assertAbsent(unitPrice, `${pointer}/unitPrice`, 'Prices come from the catalog.');
    assertAbsent(discountPercent, `${pointer}/discountPercent`, 'Discounts are granted by staff.');
  }
  return { sku, quantity, unitPrice: unitPrice ?? undefined, discountPercent: discountPercent ?? undefined };
}

/** @throws invalid input when anybody but a service sets a fee, or sets it in no currency. */
export function feeWish(fee: MoneyJson | null | undefined, by: Actor): MoneyJson | null {
  if (by.type !== 'service') assertAbsent(fee, '/shippingFee', 'Delivery costs what the shop says.');
  if (fee === undefined || fee === null) return null;
  if (!isCurrency(fee.currency))
    throw invalidInput('/shippingFee/currency', 'is-currency', 'There is no such currency.');
  return { amount: fee.amount, currency: fee.currency };
}

export function deliveryAddress(body: ShipToBody): DeliveryAddress {
  const { name, street, city, region = null, postalCode = null, country } = body;
  return { name, street, city, region, postalCode, country };
}

function placedAt(given: string | null | undefined, now: Date): string {
  if (given === undefined || given === null) return now.toISOString();
  const time = new Date(given);
  if (time > now)
    throw invalidInput('/placedAt', 'in-the-future', 'An order that was taken over was placed in the past.');
  return time.toISOString();
}
