import type { DraftLine, PlacedLine } from '../../src/contexts/ordering/contracts/order-line.js';
import {
  DeliverySet,
  DiscountGranted,
  DiscountRemoved,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '../../src/contexts/ordering/contracts/ordering.events.js';

export const orderId = '01980000-0000-7000-8000-000000000001';
export const noon = '2026-11-23T12:00:00.000Z';

/** Black tees for 19.99 and mugs for 8.50, in euros. */
export const tee = {
  sku: 'TEE-BLK',
  name: 'Black tee',
  unitPrice: 1999,
  currency: 'EUR',
  taxClass: null,
  discontinued: false,
};
export const mug = { ...tee, sku: 'MUG', name: 'Mug à café', unitPrice: 850, taxClass: 'reduced' };

export const teeLine: DraftLine = {
  lineId: 'line-1',
  sku: 'TEE-BLK',
  name: 'Black tee',
  quantity: 2,
  unitPrice: 1999,
  discountPercent: 0,
  taxClass: null,
  currency: 'EUR',
  isNegotiated: false,
  gross: 3998,
  discount: 0,
  total: 3998,
};
export const mugLine: DraftLine = {
  ...teeLine,
  lineId: 'line-2',
  sku: 'MUG',
  name: 'Mug à café',
  quantity: 1,
  unitPrice: 850,
  discountPercent: 10,
  taxClass: 'reduced',
  gross: 850,
  discount: 85,
  total: 765,
};

const { currency: _currency, isNegotiated: _isNegotiated, ...teeAmounts } = teeLine;
export const placedTee: PlacedLine = { ...teeAmounts, orderDiscount: 0 };

export const started = new OrderStarted(orderId, 'ada', noon);
export const teeAdded = new LineAdded(orderId, teeLine);
export const mugAdded = new LineAdded(orderId, mugLine);
export const threeMugs = new LineQuantityChanged({
  orderId,
  lineId: 'line-2',
  quantity: 3,
  gross: 2550,
  discount: 255,
  total: 2295,
});
export const teeRemoved = new LineRemoved(orderId, 'line-1');
export const delivered = new DeliverySet(orderId, { amount: 495, currency: 'EUR' });
export const discount = { discountId: 'd-1', amount: { amount: 500, currency: 'EUR' }, reason: 'late last time' };
export const discounted = new DiscountGranted({ orderId, ...discount, ...discount.amount });
export const discountRemoved = new DiscountRemoved({ orderId, discountId: 'd-1', amount: 500, currency: 'EUR' });
export const discarded = new OrderDiscarded(orderId, noon);
export const placement = {
  orderId,
  number: 'SO-1001',
  externalNumber: null,
  customerId: 'ada',
  currency: 'EUR',
  lines: [placedTee],
  taxLines: [],
  totals: { items: 3998, discount: 0, shipping: 0, tax: 0, grand: 3998 },
  shortagePolicy: 'reject',
  placedAt: noon,
} as const;
export const placed = new OrderPlaced(placement);
