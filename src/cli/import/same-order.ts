import type { OrderSummary } from '#ordering/contracts';
import type { DeliveryAddress } from '#shared';
import type { TakenOverOrder } from './format/order-row.js';

const ADDRESS_FIELDS = ['name', 'street', 'city', 'region', 'postalCode', 'country'] as const;

/**
 * In which fields of the file a known order is another one than the file's; empty if it is the same. An address that
 * was erased since says nothing.
 */
export function differencesBetween(order: TakenOverOrder, known: OrderSummary): string[] {
  const checks: [string, boolean][] = [
    ['customerId', order.customerId === known.customerId],
    ['placedOn', order.placedAt === known.placedAt],
    ['currency', order.shippingFee.currency === known.currency],
    ['freight', order.shippingFee.amount === known.totals.shipping],
    ['shipTo', known.shipTo === null || isSameAddress(order.shipTo, known.shipTo)],
    ['lines', hasSameLines(order.lines, known.lines)],
  ];
  return checks.filter(([, isSame]) => !isSame).map(([field]) => field);
}

function isSameAddress(one: DeliveryAddress, other: DeliveryAddress): boolean {
  return ADDRESS_FIELDS.every((field) => one[field] === other[field]);
}

function hasSameLines(lines: TakenOverOrder['lines'], known: OrderSummary['lines']): boolean {
  if (lines.length !== known.length) return false;
  return lines.every(({ sku, unitPrice, quantity, discountPercent }, index) => {
    const other = known[index]!;
    return (
      sku === other.sku &&
      unitPrice === other.unitPrice &&
      quantity === other.quantities.ordered &&
      discountPercent === other.discountPercent
    );
  });
}
