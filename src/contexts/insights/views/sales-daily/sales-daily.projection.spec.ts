import { givenRows } from '#kernel/testing';
import { OrderPlaced } from '#ordering/contracts';
import { placedTee, placement } from '../../../../../test/support/ordering-story.js';
import { statesOf } from '../../../../../test/support/fold.js';
import { totalsOf } from '../../../../../test/support/totals.js';
import { SalesDailyProjection } from './sales-daily.projection.js';
import { SalesDailyView } from './sales-daily.view.js';

/** Two tees for 19.99 less 10 %, less 2.00 off the whole order, and three mugs for 8.50; 4.95 for delivery. */
const lines = [
  { ...placedTee, discountPercent: 10, discount: 400, total: 3598, orderDiscount: 117 },
  {
    ...placedTee,
    lineId: 'line-2',
    sku: 'MUG',
    quantity: 3,
    unitPrice: 850,
    gross: 2550,
    total: 2550,
    orderDiscount: 83,
  },
];
const totals = { items: 6548, discount: 600, shipping: 495, tax: 0, grand: 6443 };
const placed = new OrderPlaced({ ...placement, lines, totals, placedAt: '2026-11-23T23:59:59.999Z' });
const row = {
  orderId: placement.orderId,
  tenant: 'default',
  day: '2026-11-23',
  currency: 'EUR',
  units: 5,
  gross: 6548,
  discount: 600,
  net: 5948,
  shipping: 495,
};

const totalsAfter = (...streams: object[][]) => totalsOf(SalesDailyProjection, SalesDailyView, streams);

describe('sales of a day', () => {
  it('hold of an order its units and amounts, on the day it was placed in UTC', () => {
    expect(statesOf(new SalesDailyProjection(), [placed])).toEqual([row]);
  });

  it('are the sums of its orders', () => {
    const other = new OrderPlaced({ ...placement, orderId: 'another' });
    expect(totalsAfter([placed], [other])).toEqual([
      {
        tenant: 'default',
        day: '2026-11-23',
        currency: 'EUR',
        orders: 2,
        units: 7,
        gross: 10546,
        discount: 600,
        net: 9946,
        shipping: 495,
      },
    ]);
  });

  it('are kept for each day and each currency', () => {
    const nextDay = new OrderPlaced({ ...placement, orderId: 'a', placedAt: '2026-11-24T00:00:00.000Z' });
    const dollars = new OrderPlaced({ ...placement, orderId: 'b', currency: 'USD' });
    expect(totalsAfter([placed], [nextDay], [dollars])).toEqual([
      expect.objectContaining({ day: '2026-11-23', currency: 'EUR', orders: 1, net: 5948 }),
      expect.objectContaining({ day: '2026-11-23', currency: 'USD', orders: 1, net: 3998 }),
      expect.objectContaining({ day: '2026-11-24', currency: 'EUR', orders: 1, net: 3998 }),
    ]);
  });

  it('of one batch are exact beyond what a number holds', async () => {
    const orders = ['a', 'b', 'c'].map((orderId) => {
      const items = orderId === 'c' ? 1 : Number.MAX_SAFE_INTEGER;
      return new OrderPlaced({ ...placement, orderId, totals: { ...totals, items, discount: 0, grand: items } });
    });
    const sum = '18014398509481983';
    const amounts = { orders: 3, units: 6, gross: sum, discount: 0, net: sum, shipping: 1485 };
    await givenRows(SalesDailyProjection)
      .whenEvents(...orders)
      .thenTotals(SalesDailyView, { tenant: 'default', day: '2026-11-23', currency: 'EUR', ...amounts });
  });

  it('count an order once, however often its placement is delivered', () => {
    expect(totalsAfter([placed, placed])).toEqual(totalsAfter([placed]));
  });
});
