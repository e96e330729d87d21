import { metaOf } from '#kernel/testing';
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
  teeRemoved,
  threeMugs,
} from '../../../../../test/support/ordering-story.js';
import { OrderTimelineProjection } from './order-timeline.projection.js';
import type { OrderTimelineView } from './order-timeline.view.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('the timeline of an order', () => {
  it('tells each event in the facts that a person wants to read', () => {
    const events = [
      started,
      mugAdded,
      threeMugs,
      teeRemoved,
      delivered,
      discounted,
      discountRemoved,
      placed,
      discarded,
    ];
    const steps = statesOf<OrderTimelineView>(new OrderTimelineProjection(), events);
    expect(steps.map((step) => [step!.type, step!.params])).toEqual([
      ['ordering.order-started', {}],
      ['ordering.line-added', { lineId: 'line-2', sku: 'MUG', name: 'Mug à café', quantity: 1 }],
      ['ordering.line-quantity-changed', { lineId: 'line-2', quantity: 3 }],
      ['ordering.line-removed', { lineId: 'line-1' }],
      ['ordering.delivery-set', { shippingFee: eur(495) }],
      ['ordering.discount-granted', { discountId: 'd-1', amount: eur(500), reason: 'late last time' }],
      ['ordering.discount-removed', { discountId: 'd-1', amount: eur(500) }],
      ['ordering.order-placed', { number: 'SO-1001', total: eur(3998) }],
      ['ordering.order-discarded', {}],
    ]);
  });

  it('has a row per event, with who did it and when', () => {
    const projection = new OrderTimelineProjection();
    expect(projection.keys(placed, metaOf(placed, 4))).toEqual([{ orderId, version: 4 }]);
    expect(projection.placed(undefined, placed, metaOf(placed, 4))).toMatchObject({
      orderId,
      version: 4,
      at: noon,
      actor: { type: 'customer', id: 'ada' },
    });
  });
});
