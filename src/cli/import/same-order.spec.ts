import type { OrderSummary } from '#ordering/contracts';
import type { ImportedOrder } from './format/order-row.js';
import { differencesBetween } from './same-order.js';

const shipTo = {
  name: 'Ada',
  street: '9 Mill Lane',
  street2: null,
  city: 'Leeds',
  region: null,
  postalCode: 'LS1 1AA',
  country: 'UK',
};
const line = { sku: 'TEA-1', unitPrice: 1_440, currency: 'USD', quantity: 12, discountPercent: 15 };

const order: ImportedOrder = {
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
  totals: { items: 17_280, discount: 2_592, shipping: 3_238 },
  shipTo,
  billTo: null,
  note: null,
  lines: [
    { sku: 'TEA-1', name: 'Tea', unitPrice: 1_440, quantities: { ordered: 12 }, discountPercent: 15, total: 14_688 },
  ],
} as unknown as OrderSummary;

it('an order is the same as the one that was made of it', () => {
  expect(differencesBetween(order, known)).toEqual([]);
});

it('an order is the same when addresses and note were erased', () => {
  const told = { ...order, billTo: shipTo, note: 'Ring twice.' };
  expect(differencesBetween(told, { ...known, shipTo: null })).toEqual([]);
});

it('an order with a name for its goods, a note, a second address and a discount is the same as the one that was made of it', () => {
  const told = {
    ...order,
    billTo: { ...shipTo, name: 'Accounts' },
    note: 'Ring twice.',
    discount: { amount: 100, currency: 'USD' },
    lines: [{ ...line, name: 'Tea' }],
  };
  const totals = { ...known.totals, discount: 2_692 };
  expect(differencesBetween(told, { ...known, totals, billTo: told.billTo, note: told.note })).toEqual([]);
});

it.each<[string, Partial<ImportedOrder>]>([
  ['customerId', { customerId: 'PIE' }],
  ['placedOn', { placedAt: '1996-07-05T00:00:00.000Z' }],
  ['placedAt', { placedAt: '1996-07-04T09:30:00.000Z' }],
  ['currency', { shippingFee: { amount: 3_238, currency: 'EUR' } }],
  ['freight', { shippingFee: { amount: 3_239, currency: 'USD' } }],
  ['discount', { discount: { amount: 1, currency: 'USD' } }],
  ['shipTo', { shipTo: { ...shipTo, postalCode: null } }],
  ['shipTo', { shipTo: { ...shipTo, street2: 'Rear building' } }],
  ['billTo', { billTo: shipTo }],
  ['note', { note: 'Ring twice.' }],
  ['lines', { lines: [{ ...line, sku: 'TEA-2' }] }],
  ['lines', { lines: [{ ...line, name: 'Another tea' }] }],
  ['lines', { lines: [{ ...line, unitPrice: 1_441 }] }],
  ['lines', { lines: [{ ...line, quantity: 13 }] }],
  ['lines', { lines: [{ ...line, discountPercent: 14 }] }],
  ['lines', { lines: [line, line] }],
])('another %s makes another order', (field, changes) => {
  expect(differencesBetween({ ...order, ...changes }, known)).toEqual([field]);
});
