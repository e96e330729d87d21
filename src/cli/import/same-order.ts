import type { OrderSummary } from '#ordering/contracts';
import type { DeliveryAddress } from '#shared';
import type { ImportedOrder } from './format/order-row.js';

const ADDRESS_FIELDS = ['name', 'street', 'street2', 'city', 'region', 'postalCode', 'country'] as const;

/** What a day without a time becomes. */
const MIDNIGHT = 'T00:00:00.000Z';

/**
 * The fields in which a known order differs from the file's; empty if it is the same. Data that was erased since isn't
 * compared.
 */
export function differencesBetween(order: ImportedOrder, known: OrderSummary): string[] {
  const isErased = known.shipTo === null;
  const checks: [string, boolean][] = [
    ['customerId', order.customerId === known.customerId],
    [order.placedAt.endsWith(MIDNIGHT) ? 'placedOn' : 'placedAt', order.placedAt === known.placedAt],
    ['currency', order.shippingFee.currency === known.currency],
    ['freight', order.shippingFee.amount === known.totals.shipping],
    ['discount', (order.discount?.amount ?? 0) === orderDiscountOf(known)],
    ['shipTo', isErased || isSameAddress(order.shipTo, known.shipTo)],
    ['billTo', isErased || isSameAddress(order.billTo ?? null, known.billTo)],
    ['note', isErased || (order.note ?? null) === known.note],
    ['lines', hasSameLines(order.lines, known.lines)],
  ];
  return checks.filter(([, isSame]) => !isSame).map(([field]) => field);
}

/** What was taken off the whole order: all discounts, less those of the lines. */
function orderDiscountOf({ totals, lines }: OrderSummary): number {
  const lineDiscounts = totals.items - lines.reduce((sum, { total }) => sum + total, 0);
  return totals.discount - lineDiscounts;
}

function isSameAddress(one: DeliveryAddress | null, other: DeliveryAddress | null): boolean {
  if (one === null || other === null) return one === other;
  return ADDRESS_FIELDS.every((field) => one[field] === other[field]);
}

function hasSameLines(lines: ImportedOrder['lines'], known: OrderSummary['lines']): boolean {
  if (lines.length !== known.length) return false;
  return lines.every(({ sku, unitPrice, quantity, discountPercent, name }, index) => {
    const other = known[index]!;
    return (
      sku === other.sku &&
      (name === undefined || name === other.name) &&
      unitPrice === other.unitPrice &&
      quantity === other.quantities.ordered &&
      discountPercent === other.discountPercent
    );
  });
}
