import { statesOf } from '../../../../../test/support/fold.js';
import {
  delivered,
  discarded,
  discountRemoved,
  discounted,
  mugAdded,
  noon,
  orderId,
  placed,
  started,
  teeAdded,
  teeRemoved,
  threeMugs,
} from '../../../../../test/support/ordering-story.js';
import { OrderSummaryProjection } from './order-summary.projection.js';
import type { OrderSummaryView } from './order-summary.view.js';

const fold = (...events: object[]) => statesOf<OrderSummaryView>(new OrderSummaryProjection(), events).at(-1);
const untouched = { reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 };
const teeLine = {
  lineId: 'line-1',
  sku: 'TEE-BLK',
  name: 'Black tee',
  unitPrice: 1999,
  discountPercent: 0,
  gross: 3998,
  discount: 0,
  total: 3998,
  quantities: { ordered: 2, ...untouched },
};
const mugLine = {
  lineId: 'line-2',
  sku: 'MUG',
  name: 'Mug à café',
  unitPrice: 850,
  discountPercent: 10,
  gross: 2550,
  discount: 255,
  total: 2295,
  quantities: { ordered: 3, ...untouched },
};

describe('the summary of an order', () => {
  it('follows a draft through its edits', () => {
    expect(fold(started, teeAdded, mugAdded, threeMugs, delivered, discounted)).toEqual({
      orderId,
      tenant: 'default',
      number: null,
      externalNumber: null,
      customerId: 'ada',
      status: 'draft',
      currency: 'EUR',
      placedAt: null,
      updatedAt: '2026-11-23T12:06:00.000Z',
      lines: [teeLine, mugLine],
      discounts: [{ discountId: 'd-1', amount: 500, reason: 'late last time' }],
      orderDiscount: 500,
      shipping: 495,
      feeCurrency: 'EUR',
      tax: 0,
      deliveryIsSet: true,
    });
  });

  it('lets lines go again', () => {
    expect(fold(started, teeAdded, mugAdded, threeMugs, teeRemoved)?.lines).toEqual([mugLine]);
  });

  it('takes everything from the placement, whether there was a draft or not', () => {
    const summary = {
      orderId,
      tenant: 'default',
      number: 'SO-1001',
      externalNumber: null,
      customerId: 'ada',
      status: 'placed',
      currency: 'EUR',
      placedAt: noon,
      updatedAt: '2026-11-23T12:01:00.000Z',
      lines: [teeLine],
      discounts: [],
      orderDiscount: 0,
      shipping: 0,
      feeCurrency: null,
      tax: 0,
      deliveryIsSet: true,
    };
    expect(fold(placed)).toEqual(summary);
    expect(fold(started, mugAdded, placed)).toEqual({ ...summary, updatedAt: '2026-11-23T12:03:00.000Z' });
  });

  it('lets discounts go again, and keeps those that the placed order has', () => {
    expect(fold(started, teeAdded, discounted, discountRemoved)).toMatchObject({ discounts: [], orderDiscount: 0 });
    expect(fold(started, teeAdded, discounted, placed)).toMatchObject({ discounts: [{ discountId: 'd-1' }] });
  });

  it('keeps a discarded draft as it was', () => {
    expect(fold(started, teeAdded, discarded)).toMatchObject({ status: 'discarded', lines: [teeLine], number: null });
  });
});
