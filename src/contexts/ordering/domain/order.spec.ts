import {
  DeliverySet,
  DiscountGranted,
  DiscountRemoved,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
} from '../contracts/ordering.events.js';
import { given as givenAggregate } from '#kernel/testing';
import {
  discarded,
  mug,
  noon,
  orderId,
  started,
  tee,
  teeAdded,
  teeLine,
} from '../../../../test/support/ordering-story.js';
import { Order } from './order.js';

const ada = { type: 'customer', id: 'ada' } as const;
const given = (...history: readonly object[]) => givenAggregate(new Order(orderId), ...history);

describe('a draft with 500 events', () => {
  const edits = Array.from({ length: 497 }, (_, n) => new LineQuantityChanged({ ...quantityOf(n), orderId }));
  const history = [started, teeAdded, new DeliverySet(orderId, null), ...edits];

  it.each<[string, (order: Order) => void]>([
    ['another line', (order) => order.addLine({ lineId: 'line-2', sku: 'TEE-BLK', quantity: 1 }, [tee])],
    ['another quantity', (order) => order.changeLineQuantity('line-1', 9)],
    ['a line less', (order) => order.removeLine('line-1')],
    ['another delivery', (order) => order.setDelivery(null)],
    [
      'a discount',
      (order) => order.grantDiscount({ discountId: 'd', amount: { amount: 1, currency: 'EUR' }, reason: 'x' }),
    ],
  ])('refuses %s', (_, edit) => {
    given(...history)
      .when(edit)
      .thenRefused('ordering.too-many-edits', { orderId, limit: 500 });
  });

  it('still takes an edit when it has one event less', () => {
    given(...history.slice(0, -1))
      .when((order) => order.setDelivery(null))
      .thenEvents(new DeliverySet(orderId, null));
  });

  it('can be discarded, and quoted and placed', () => {
    given(...history)
      .when((order) => order.discard(noon))
      .thenEvents(discarded);
    const order = new Order(orderId);
    order.replay(history);
    const quote = order.quoteForPlacing([tee], undefined);
    expect(order.place(quote, { number: 'SO-1', shortagePolicy: 'reject', placedAt: noon }).number).toBe('SO-1');
  });
});

function quantityOf(n: number): { lineId: string; quantity: number; gross: number; discount: number; total: number } {
  const quantity = 1 + (n % 2);
  return { lineId: 'line-1', quantity, gross: quantity * 1999, discount: 0, total: quantity * 1999 };
}

describe('a draft', () => {
  it('begins for a customer', () => {
    given()
      .when((order) => order.start('ada', noon))
      .thenEvents(started);
  });

  it('takes a line at the price of the catalog', () => {
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE-BLK', quantity: 2 }, [tee]))
      .thenEvents(teeAdded);
  });

  it('takes a line at an agreed price, the discount rounded half to even', () => {
    const request = { lineId: 'line-1', sku: 'TEE-BLK', quantity: 1, unitPrice: 1990, discountPercent: 25 };
    const amounts = { quantity: 1, unitPrice: 1990, discountPercent: 25, gross: 1990, discount: 498, total: 1492 };
    given(started)
      .when((order) => order.addLine(request, [tee]))
      .thenEvents(new LineAdded(orderId, { ...teeLine, ...amounts, isNegotiated: true }));
  });

  it.each([[0], [-1], [1.5], [100_001]])('refuses %d units', (quantity) => {
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE-BLK', quantity }, [tee]))
      .thenRefused('ordering.quantity-invalid', { sku: 'TEE-BLK', quantity, limit: 100_000 });
  });

  it('refuses goods that are not for sale', () => {
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE-BLK', quantity: 1 }, []))
      .thenRefused('ordering.sku-unavailable', { skus: ['TEE-BLK'] });
    given(started)
      .when((order) =>
        order.addLine({ lineId: 'line-1', sku: 'TEE-BLK', quantity: 1 }, [{ ...tee, discontinued: true }]),
      )
      .thenRefused('ordering.sku-unavailable', { skus: ['TEE-BLK'] });
  });

  it('stays in one currency', () => {
    given(started, teeAdded)
      .when((order) => order.addLine({ lineId: 'line-2', sku: 'MUG', quantity: 1 }, [{ ...mug, currency: 'USD' }]))
      .thenRefused('ordering.currency-mismatch', { currencies: ['EUR', 'USD'] });
  });

  it('holds at most 100 lines', () => {
    const full = Array.from({ length: 100 }, (_, n) => new LineAdded(orderId, { ...teeLine, lineId: `line-${n}` }));
    given(started, ...full)
      .when((order) => order.addLine({ lineId: 'one-more', sku: 'TEE-BLK', quantity: 1 }, [tee]))
      .thenRefused('ordering.too-many-lines', { limit: 100 });
  });

  it('comes to at most 10,000,000,000,000 minor units before discounts, delivery included', () => {
    const half = { lineId: 'line-1', sku: 'TEE-BLK', quantity: 2, unitPrice: 5_000_000_000_000, discountPercent: 100 };
    const added = new LineAdded(orderId, {
      ...teeLine,
      ...half,
      isNegotiated: true,
      gross: 10_000_000_000_000,
      discount: 10_000_000_000_000,
      total: 0,
    });
    const refusal = ['ordering.amount-too-large', { limit: 10_000_000_000_000 }] as const;
    given(started)
      .when((order) => order.addLine(half, [tee]))
      .thenEvents(added);
    given(started)
      .when((order) => order.addLine({ ...half, unitPrice: 5_000_000_000_001 }, [tee]))
      .thenRefused(...refusal);
    given(started, added)
      .when((order) => order.setDelivery({ amount: 1, currency: 'EUR' }))
      .thenRefused(...refusal);
    given(started, added)
      .when((order) => order.addLine({ lineId: 'line-2', sku: 'TEE-BLK', quantity: 1 }, [tee]))
      .thenRefused(...refusal);
    given(started, added)
      .when((order) => order.changeLineQuantity('line-1', 3))
      .thenRefused(...refusal);
  });

  it('counts only as far as integers are exact', () => {
    const dear = { ...tee, unitPrice: Number.MAX_SAFE_INTEGER };
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE-BLK', quantity: 2 }, [dear]))
      .thenRefused('ordering.amount-too-large');
    given(started, teeAdded)
      .when((order) => order.addLine({ lineId: 'line-2', sku: 'TEE-BLK', quantity: 1 }, [dear]))
      .thenRefused('ordering.amount-too-large');
  });

  it('changes and removes lines', () => {
    const three = { quantity: 3, gross: 5997, discount: 0, total: 5997 };
    given(started, teeAdded)
      .when((order) => order.changeLineQuantity('line-1', 3))
      .thenEvents(new LineQuantityChanged({ orderId, lineId: 'line-1', ...three }));
    given(started, teeAdded)
      .when((order) => order.changeLineQuantity('line-1', 2))
      .thenNothing();
    given(started, teeAdded)
      .when((order) => order.removeLine('line-1'))
      .thenEvents(new LineRemoved(orderId, 'line-1'));
    given(started, teeAdded)
      .when((order) => order.removeLine('line-9'))
      .thenRefused('not-found');
  });

  it('has a delivery with a fee, in its own currency', () => {
    const fee = { amount: 500, currency: 'EUR' };
    given(started, teeAdded)
      .when((order) => order.setDelivery(fee))
      .thenEvents(new DeliverySet(orderId, fee));
    given(started, teeAdded)
      .when((order) => order.setDelivery({ amount: 500, currency: 'USD' }))
      .thenRefused('ordering.currency-mismatch');
  });

  describe('with a discount', () => {
    const granted = { discountId: 'd-1', amount: { amount: 3000, currency: 'EUR' }, reason: 'late last time' };
    const discountGranted = new DiscountGranted({ orderId, ...granted, ...granted.amount });

    it('gets cheaper as a whole', () => {
      given(started, teeAdded)
        .when((order) => order.grantDiscount(granted))
        .thenEvents(discountGranted);
    });

    it('never comes to less than nothing', () => {
      given(started, teeAdded, discountGranted)
        .when((order) => order.grantDiscount({ ...granted, discountId: 'd-2' }))
        .thenRefused('ordering.discount-exceeds-total', { discount: 6000, total: 3998 });
      given(started, teeAdded, discountGranted)
        .when((order) => order.removeLine('line-1'))
        .thenRefused('ordering.discount-exceeds-total', { discount: 3000, total: 0 });
      given(started, teeAdded, discountGranted)
        .when((order) => order.changeLineQuantity('line-1', 1))
        .thenRefused('ordering.discount-exceeds-total', { discount: 3000, total: 1999 });
    });

    it('can have it taken back, once', () => {
      const removed = new DiscountRemoved({ orderId, discountId: 'd-1', ...granted.amount });
      given(started, teeAdded, discountGranted)
        .when((order) => order.removeDiscount('d-1'))
        .thenEvents(removed);
      given(started, teeAdded, discountGranted, removed)
        .when((order) => order.removeLine('line-1'))
        .thenEvents(new LineRemoved(orderId, 'line-1'));
      given(started, teeAdded, discountGranted, removed)
        .when((order) => order.removeDiscount('d-1'))
        .thenRefused('not-found');
      given(started, discarded)
        .when((order) => order.removeDiscount('d-1'))
        .thenRefused('ordering.order-not-editable');
    });

    it('refuses a discount of nothing, which would only hold the draft to its currency', () => {
      given(started, teeAdded)
        .when((order) => order.grantDiscount({ ...granted, amount: { amount: 0, currency: 'EUR' } }))
        .thenRefused('ordering.discount-invalid', { amount: 0 });
    });

    it('needs lines first', () => {
      given(started)
        .when((order) => order.grantDiscount(granted))
        .thenRefused('ordering.order-empty');
    });
  });

  it('can be given up, once', () => {
    given(started)
      .when((order) => order.discard(noon))
      .thenEvents(discarded);
    given(started, discarded)
      .when((order) => order.discard(noon))
      .thenNothing();
  });

  it('is seen by its customer and by staff only', () => {
    const order = new Order(orderId);
    order.replay([started]);
    expect(() => order.assertVisibleTo(ada)).not.toThrow();
    expect(() => order.assertVisibleTo({ type: 'staff', id: 'sam' })).not.toThrow();
    expect(() => order.assertVisibleTo({ type: 'customer', id: 'eve' })).toThrow('There is no order');
  });
});
