import { invalidInput } from '#platform/http';
import type { Actor } from '#kernel/domain';
import { completeDeliveryAddress, isCurrencyOn, withdrawnIn, type MoneyJson } from '#shared';
import type { RequestedLine, PlaceOrder } from '../contracts/place-order.js';
import { assertAbsent, customerIdFor } from './actors.js';
import type { LineBody, PlaceOrderBody } from './order-input.dto.js';

const SERVICES_ONLY = 'Only services can import orders. Omit this field.';
const IMPORTED_ONLY = 'Only imported orders have this field. Send placedAt too, or omit it.';

/** What a checkout asks for. @throws invalid input for fields that the caller's role may not set, or may not leave out. */
export function toPlaceOrder(
  body: PlaceOrderBody,
  by: Actor,
  { orderId, now }: { orderId: string; now: Date },
): PlaceOrder {
  assertMayImport(body, by);
  const at = placedAt(body.placedAt, now);
  return {
    orderId,
    by,
    customerId: customerIdFor(by, body.customerId),
    lines: orderLines(body, by, at),
    ...personalParts(body),
    expectedTotal: body.expectedTotal ?? undefined,
    shippingFee: toShippingFee(body.shippingFee, by, at) ?? undefined,
    discount: moneyOn(body.discount, '/discount', at) ?? undefined,
    shortagePolicy: body.shortagePolicy ?? undefined,
    placedAt: at,
    isImported: typeof body.placedAt === 'string',
    externalNumber: body.externalNumber ?? undefined,
  };
}

/** A line of a draft, with the price that staff agreed upon. @throws invalid input for what the caller may not name. */
export function draftLine(line: LineBody, by: Actor): RequestedLine {
  assertNew(line.name, '/name');
  return toRequestedLine(line, by, '');
}

/** @throws invalid input when a caller other than a service sets a fee, or sets it in no currency of the day. */
export function toShippingFee(fee: MoneyJson | null | undefined, by: Actor, day: string): MoneyJson | null {
  if (by.type !== 'service') assertAbsent(fee, '/shippingFee', 'Customers cannot set the delivery fee. Omit it.');
  return moneyOn(fee, '/shippingFee', day);
}

/** What belongs to the person behind the order, and may be erased. */
function personalParts(body: PlaceOrderBody): Pick<PlaceOrder, 'shipTo' | 'billTo' | 'note' | 'paymentMethodToken'> {
  return {
    shipTo: completeDeliveryAddress(body.shipTo),
    billTo: body.billTo ? completeDeliveryAddress(body.billTo) : undefined,
    note: body.note ?? undefined,
    paymentMethodToken: body.paymentMethodToken ?? undefined,
  };
}

function orderLines({ lines, currency }: PlaceOrderBody, by: Actor, day: string): RequestedLine[] {
  if (typeof currency === 'string') assertCurrency(currency, '/currency', day);
  return lines.map((line, index) => {
    return { ...toRequestedLine(line, by, `/lines/${index}`), currency: currency ?? undefined };
  });
}

function toRequestedLine(
  { sku, quantity, unitPrice, discountPercent, name }: LineBody,
  by: Actor,
  pointer: string,
): RequestedLine {
  if (by.type === 'customer') {
    assertAbsent(unitPrice, `${pointer}/unitPrice`, 'Customers cannot set prices. Omit it; the catalog price applies.');
    assertAbsent(discountPercent, `${pointer}/discountPercent`, 'Only staff can grant discounts. Omit it.');
  }
  return {
    sku,
    quantity,
    unitPrice: unitPrice ?? undefined,
    discountPercent: discountPercent ?? undefined,
    name: name ?? undefined,
  };
}

/** @throws invalid input for what only an order from another system has: from all but services, and without its time. */
function assertMayImport(body: PlaceOrderBody, by: Actor): void {
  const { placedAt: at, externalNumber, currency, discount, lines } = body;
  const names = lines.map(({ name }, index): [unknown, string] => [name, `/lines/${index}/name`]);
  const ofOldOrders: [unknown, string][] = [[currency, '/currency'], [discount, '/discount'], ...names];
  if (by.type !== 'service') {
    const fields: [unknown, string][] = [[at, '/placedAt'], [externalNumber, '/externalNumber'], ...ofOldOrders];
    for (const [value, pointer] of fields) assertAbsent(value, pointer, SERVICES_ONLY);
  } else if (typeof at !== 'string') {
    for (const [value, pointer] of ofOldOrders) assertNew(value, pointer);
  }
}

/** @throws invalid input for a field that no new order has. */
function assertNew(value: unknown, pointer: string): void {
  if (value !== undefined && value !== null) throw invalidInput(pointer, 'not-for-new-orders', IMPORTED_ONLY);
}

function moneyOn(money: MoneyJson | null | undefined, pointer: string, day: string): MoneyJson | null {
  if (money === undefined || money === null) return null;
  assertCurrency(money.currency, `${pointer}/currency`, day);
  return { amount: money.amount, currency: money.currency };
}

/** @throws invalid input for what was no currency on the day. */
function assertCurrency(currency: string, pointer: string, day: string): void {
  if (isCurrencyOn(currency, day)) return;
  const month = withdrawnIn(currency);
  const detail =
    month === undefined
      ? 'Unknown currency. Use an ISO 4217 code such as EUR.'
      : `The currency ${currency} was withdrawn in ${month}.`;
  throw invalidInput(pointer, 'is-currency', detail);
}

function placedAt(given: string | null | undefined, now: Date): string {
  if (given === undefined || given === null) return now.toISOString();
  const time = new Date(given);
  if (time > now)
    throw invalidInput('/placedAt', 'in-the-future', 'placedAt of an imported order must be in the past.');
  return time.toISOString();
}
