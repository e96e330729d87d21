import { OrderPlaced } from '#ordering/contracts';
import { placedTee, placement } from '../../../../../test/support/ordering-story.js';
import { statesOf } from '../../../../../test/support/fold.js';
import { totalsOf } from '../../../../../test/support/totals.js';
import { ProductSalesProjection } from './product-sales.projection.js';
import { ProductSalesView } from './product-sales.view.js';

const discounted = { ...placedTee, discountPercent: 10, discount: 400, total: 3598, orderDiscount: 117 };
const renamed = { ...placedTee, lineId: 'line-2', name: 'Black T-shirt', quantity: 1, gross: 1999, total: 1999 };
const mugs = { ...placedTee, lineId: 'line-3', sku: 'MUG', name: 'Mug', quantity: 3, gross: 2550, total: 2550 };
const placed = new OrderPlaced({ ...placement, lines: [discounted, renamed, mugs] });

const totalsAfter = (...streams: object[][]) => totalsOf(ProductSalesProjection, ProductSalesView, streams);

describe('sales of products', () => {
  it('hold of an order one entry per sku: lines of the same sku together, after every discount', () => {
    expect(statesOf(new ProductSalesProjection(), [placed])).toEqual([
      {
        orderId: placement.orderId,
        tenant: 'default',
        day: '2026-11-23',
        currency: 'EUR',
        products: [
          { sku: 'TEE-BLK', name: 'Black T-shirt', quantity: 3, net: 3598 - 117 + 1999 },
          { sku: 'MUG', name: 'Mug', quantity: 3, net: 2550 },
        ],
      },
    ]);
  });

  it('are the sums of the orders of a day, under the name the product was last sold by', () => {
    const later = new OrderPlaced({ ...placement, orderId: 'another', lines: [{ ...placedTee, name: 'Tee, black' }] });
    expect(totalsAfter([placed], [later])).toEqual([
      { tenant: 'default', day: '2026-11-23', currency: 'EUR', sku: 'MUG', quantity: 3, net: 2550, name: 'Mug' },
      {
        tenant: 'default',
        day: '2026-11-23',
        currency: 'EUR',
        sku: 'TEE-BLK',
        quantity: 5,
        net: 5480 + 3998,
        name: 'Tee, black',
      },
    ]);
  });

  it('count an order once, however often its placement is delivered', () => {
    expect(totalsAfter([placed, placed])).toEqual(totalsAfter([placed]));
  });
});
