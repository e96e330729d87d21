import { DeliverySet, LineAdded } from '../contracts/ordering.events.js';
import { given as givenAggregate } from '#kernel/testing';
import {
  discarded,
  mug,
  noon,
  orderId,
  placed,
  placedTee,
  started,
  tee,
  teeAdded,
  teeLine,
} from '../../../../test/support/ordering-story.js';
import { Order } from './order.js';
import { priceLines, quoteFor } from './pricing.js';

const placement = { number: 'SO-1001', shortagePolicy: 'reject', placedAt: noon } as const;
const deliverySet = new DeliverySet(orderId, null);
const given = (...history: readonly object[]) => givenAggregate(new Order(orderId), ...history);

describe('placing a draft', () => {
  function place(order: Order, products = [tee], expected?: number): void {
    const expectedTotal = expected === undefined ? undefined : { amount: expected, currency: 'EUR' };
    order.place(order.quoteForPlacing(products, expectedTotal), placement);
  }

  it('freezes lines and totals', () => {
    given(started, teeAdded, deliverySet)
      .when((order) => place(order, [tee], 3998))
      .thenEvents(placed);
  });

  it('uses the prices of the moment, except agreed ones', () => {
    const agreed = { ...teeLine, lineId: 'line-2', unitPrice: 1500, gross: 3000, total: 3000, isNegotiated: true };
    const order = new Order(orderId);
    order.replay([started, teeAdded, new LineAdded(orderId, agreed), deliverySet]);
    place(order, [{ ...tee, unitPrice: 2100 }]);
    expect(order.state).toMatchObject({ status: 'placed', totals: { items: 7200, grand: 7200 } });
  });

  it('uses the names of the moment', () => {
    const order = new Order(orderId);
    order.replay([started, teeAdded, deliverySet]);
    place(order, [{ ...tee, name: 'Black tee, organic' }]);
    expect(order.state).toMatchObject({ lines: [{ name: 'Black tee, organic' }] });
  });

  it('is refused with a fresh quote when the price has moved', () => {
    given(started, teeAdded, deliverySet)
      .when((order) => place(order, [{ ...tee, unitPrice: 2100 }], 3998))
      .thenRefused('ordering.price-changed', {
        quote: {
          currency: 'EUR',
          lines: [{ ...placedTee, unitPrice: 2100, gross: 4200, total: 4200 }],
          taxLines: [],
          totals: { items: 4200, discount: 0, shipping: 0, tax: 0, grand: 4200 },
          total: { amount: 4200, currency: 'EUR' },
        },
      });
  });

  it('needs lines, a delivery, and goods that are still for sale', () => {
    given(started, deliverySet)
      .when((order) => place(order))
      .thenRefused('ordering.order-empty');
    given(started, teeAdded)
      .when((order) => place(order))
      .thenRefused('ordering.delivery-missing');
    given(started, teeAdded, deliverySet)
      .when((order) => place(order, [{ ...tee, discontinued: true }]))
      .thenRefused('ordering.sku-unavailable', { skus: ['TEE-BLK'] });
  });

  it.each([
    ['placed', [placed]],
    ['discarded', [started, discarded]],
  ])('and editing are refused once it is %s', (status, history) => {
    const edits: ((order: Order) => unknown)[] = [
      (order) => order.addLine({ lineId: 'line-2', sku: 'MUG', quantity: 1 }, [mug]),
      (order) => order.changeLineQuantity('line-1', 3),
      (order) => order.removeLine('line-1'),
      (order) => order.setDelivery(null),
      (order) => order.grantDiscount({ discountId: 'd', amount: { amount: 1, currency: 'EUR' }, reason: 'r' }),
      (order) => order.quote([tee]),
      (order) => place(order),
      (order) => order.start('ada', noon),
    ];
    for (const edit of edits)
      given(...history)
        .when(edit)
        .thenRefused('ordering.order-not-editable', { orderId, status });
  });
});

describe('checkout', () => {
  it('makes and places an order in one event', () => {
    const basket = {
      lines: [{ lineId: 'line-1', sku: 'TEE-BLK', quantity: 2 }],
      expectedTotal: { amount: 3998, currency: 'EUR' },
    };
    given()
      .when((order) => order.checkOut('ada', order.quoteForCheckOut(basket, [tee]), placement))
      .thenEvents(placed);
  });

  it('needs 1 to 100 lines, and the total that was shown', () => {
    const line = { lineId: 'line-1', sku: 'TEE-BLK', quantity: 1 };
    given()
      .when((order) => order.quoteForCheckOut({ lines: [] }, [tee]))
      .thenRefused('ordering.order-empty');
    given()
      .when((order) => order.quoteForCheckOut({ lines: Array.from({ length: 101 }, () => line) }, [tee]))
      .thenRefused('ordering.too-many-lines');
    given()
      .when((order) => order.quoteForCheckOut({ lines: [line], expectedTotal: { amount: 1, currency: 'EUR' } }, [tee]))
      .thenRefused('ordering.price-changed', {
        quote: expect.objectContaining({ total: { amount: 1999, currency: 'EUR' } }),
      });
  });

  it('opens the line book with everything ordered and nothing moved', () => {
    const order = new Order(orderId);
    order.replay([placed]);
    expect(order.state).toMatchObject({
      status: 'placed',
      lines: [
        {
          lineId: 'line-1',
          quantities: { ordered: 2, reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 },
        },
      ],
    });
  });

  it('takes an amount off an order that had a discount in the system it comes from', () => {
    const order = new Order(orderId);
    const lines = [{ lineId: 'line-1', sku: 'TEE-BLK', quantity: 2 }];
    const discounts = [{ amount: 500, currency: 'EUR' }];
    const placedOrder = order.checkOut('ada', order.quoteForCheckOut({ lines, discounts }, [tee]), placement);
    expect(placedOrder.totals).toMatchObject({ items: 3998, discount: 500, grand: 3498 });
  });

  it.each([
    ['2026-01-31T23:59:59.999Z', 'placed'],
    ['2026-02-01T00:00:00.000Z', 'unstarted'],
  ])('at %s in a currency withdrawn in 2026-01 leaves the order %s', (placedAt, status) => {
    const order = new Order(orderId);
    const line = { lineId: 'line-1', sku: 'TEE-BLK', quantity: 1, unitPrice: 3900, currency: 'BGN' };
    const quote = order.quoteForCheckOut({ lines: [line] }, [tee]);
    const checkOut = (): unknown => order.checkOut('ada', quote, { ...placement, placedAt });
    if (status === 'placed') expect(checkOut).not.toThrow();
    else expect(checkOut).toThrow(expect.objectContaining({ code: 'ordering.currency-withdrawn', currency: 'BGN' }));
    expect(order.state.status).toBe(status);
  });

  it('happens once per order', () => {
    const quote = quoteFor(priceLines([{ lineId: 'line-1', sku: 'TEE-BLK', quantity: 2 }], [tee]));
    given(placed)
      .when((order) => order.checkOut('ada', quote, placement))
      .thenRefused('ordering.order-not-editable', { status: 'placed' });
  });
});
