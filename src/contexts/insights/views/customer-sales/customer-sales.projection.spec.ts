import { OrderPlaced } from '#ordering/contracts';
import { placedTee, placement } from '../../../../../test/support/ordering-story.js';
import { statesOf } from '../../../../../test/support/fold.js';
import { totalsOf } from '../../../../../test/support/totals.js';
import { CustomerSalesProjection } from './customer-sales.projection.js';
import { CustomerSalesView } from './customer-sales.view.js';

const mugs = { ...placedTee, lineId: 'line-2', sku: 'MUG', quantity: 3, gross: 2550, total: 2550 };
const totals = { items: 6548, discount: 600, shipping: 495, tax: 0, grand: 6443 };
const placed = new OrderPlaced({ ...placement, lines: [placedTee, mugs], totals });

const totalsAfter = (...streams: object[][]) => totalsOf(CustomerSalesProjection, CustomerSalesView, streams);

describe('sales to customers', () => {
  it('hold of an order its units and what it earned, without shipping', () => {
    expect(statesOf(new CustomerSalesProjection(), [placed])).toEqual([
      {
        orderId: placement.orderId,
        tenant: 'default',
        day: '2026-11-23',
        currency: 'EUR',
        customerId: 'ada',
        quantity: 5,
        net: 5948,
      },
    ]);
  });

  it('are the sums of the orders of each customer', () => {
    const again = new OrderPlaced({ ...placement, orderId: 'a' });
    const grace = new OrderPlaced({ ...placement, orderId: 'b', customerId: 'grace' });
    expect(totalsAfter([placed], [again], [grace])).toEqual([
      expect.objectContaining({ customerId: 'ada', orders: 2, quantity: 7, net: 9946 }),
      expect.objectContaining({ customerId: 'grace', orders: 1, quantity: 2, net: 3998 }),
    ]);
  });

  it('count an order once, however often its placement is delivered', () => {
    expect(totalsAfter([placed, placed])).toEqual(totalsAfter([placed]));
  });
});
