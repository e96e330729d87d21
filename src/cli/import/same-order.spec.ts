import type { OrderSummary } from '#ordering/contracts';
import type { TakenOverOrder } from './format/order-row.js';
import { differencesBetween } from './same-order.js';

const shipTo = {
  name: 'Ada',
  street: '9 Mill Lane',
  city: 'Leeds',
  region: null,
  postalCode: 'LS1 1AA',
  country: 'UK',
};
const line = { sku: 'TEA-1', unitPrice: 1_440, quantity: 12, discountPercent: 15 };

const order: TakenOverOrder = {
  externalNumber: '10248',
  customerId: 'LOAF',
  placedAt: '1996-07-04T00:00:00.000Z',
  shippingFee: { amount: 3_238, currency: 'USD' },
  shipTo,
  lines: [line],
};

/** The order as Waybill answers for it, as far as it matters. */
const known = {
  customerId: 'LOAF',
  placedAt: '1996-07-04T00:00:00.000Z',
  currency: 'USD',
  totals: { shipping: 3_238 },
  shipTo,
  lines: [{ sku: 'TEA-1', unitPrice: 1_440, quantities: { ordered: 12 }, discountPercent: 15 }],
} as unknown as OrderSummary;

it('an order is the same as the one that was made of it', () => {
  expect(differencesBetween(order, known)).toEqual([]);
});

it('an order is the same when the address was erased', () => {
  expect(differencesBetween(order, { ...known, shipTo: null })).toEqual([]);
});

it.each<[string, Partial<TakenOverOrder>]>([
  ['customerId', { customerId: 'PIE' }],
  ['placedOn', { placedAt: '1996-07-05T00:00:00.000Z' }],
  ['currency', { shippingFee: { amount: 3_238, currency: 'EUR' } }],
  ['freight', { shippingFee: { amount: 3_239, currency: 'USD' } }],
  ['shipTo', { shipTo: { ...shipTo, postalCode: null } }],
  ['lines', { lines: [{ ...line, sku: 'TEA-2' }] }],
  ['lines', { lines: [{ ...line, unitPrice: 1_441 }] }],
  ['lines', { lines: [{ ...line, quantity: 13 }] }],
  ['lines', { lines: [{ ...line, discountPercent: 14 }] }],
  ['lines', { lines: [line, line] }],
])('another %s makes another order', (field, changes) => {
  expect(differencesBetween({ ...order, ...changes }, known)).toEqual([field]);
});
