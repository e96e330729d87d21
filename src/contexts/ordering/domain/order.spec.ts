import { isRefusal } from '#kernel/domain';
import type { DraftLine, PlacedLine } from '../contracts/order-line.js';
import {
  DeliverySet,
  DiscountGranted,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '../contracts/ordering.events.js';
import { Order } from './order.js';
import { quoteFor, priceLines, type SellableProduct } from './pricing.js';

const orderId = '01980000-0000-7000-8000-000000000001';
const noon = '2026-11-23T12:00:00.000Z';
const ada = { type: 'customer', id: 'ada' } as const;

const tee: SellableProduct = {
  sku: 'TEE',
  name: 'Black tee',
  unitPrice: 1999,
  currency: 'EUR',
  taxClass: null,
  discontinued: false,
};
const mug: SellableProduct = { ...tee, sku: 'MUG', name: 'Mug', unitPrice: 850, taxClass: 'reduced' };

const teeLine: DraftLine = {
  lineId: 'line-1',
  sku: 'TEE',
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
const { currency: _currency, isNegotiated: _isNegotiated, ...teeAmounts } = teeLine;
const placedTee: PlacedLine = { ...teeAmounts, orderDiscount: 0 };

const started = new OrderStarted(orderId, 'ada', noon);
const teeAdded = new LineAdded(orderId, teeLine);
const deliverySet = new DeliverySet(orderId, null);
const discarded = new OrderDiscarded(orderId, noon);
const placed = new OrderPlaced({
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
});
const placement = { number: 'SO-1001', shortagePolicy: 'reject', placedAt: noon } as const;

function given(...events: readonly object[]) {
  const order = new Order(orderId);
  order.replay(events);
  return {
    when(decide: (order: Order) => unknown) {
      let refusal: unknown;
      try {
        decide(order);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal = error;
      }
      return {
        thenEvents: (...expected: readonly object[]) => {
          expect(refusal).toBeUndefined();
          expect(order.recorded).toEqual(expected);
        },
        thenNothing: () => {
          expect(refusal).toBeUndefined();
          expect(order.recorded).toEqual([]);
        },
        thenRefused: (code: string, facts: object = {}) => {
          expect(refusal).toMatchObject({ code, ...facts });
          expect(order.recorded).toEqual([]);
        },
      };
    },
  };
}

describe('a draft', () => {
  it('begins for a customer', () => {
    given()
      .when((order) => order.start('ada', noon))
      .thenEvents(started);
  });

  it('takes a line at the price of the catalog', () => {
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE', quantity: 2 }, [tee]))
      .thenEvents(teeAdded);
  });

  it('takes a line at an agreed price, the discount rounded half to even', () => {
    const wish = { lineId: 'line-1', sku: 'TEE', quantity: 1, unitPrice: 1990, discountPercent: 25 };
    const amounts = { quantity: 1, unitPrice: 1990, discountPercent: 25, gross: 1990, discount: 498, total: 1492 };
    given(started)
      .when((order) => order.addLine(wish, [tee]))
      .thenEvents(new LineAdded(orderId, { ...teeLine, ...amounts, isNegotiated: true }));
  });

  it.each([[0], [-1], [1.5], [100_001]])('refuses %d units', (quantity) => {
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE', quantity }, [tee]))
      .thenRefused('ordering.quantity-invalid', { sku: 'TEE', quantity, limit: 100_000 });
  });

  it('refuses goods that are not for sale', () => {
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE', quantity: 1 }, []))
      .thenRefused('ordering.sku-unavailable', { skus: ['TEE'] });
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE', quantity: 1 }, [{ ...tee, discontinued: true }]))
      .thenRefused('ordering.sku-unavailable', { skus: ['TEE'] });
  });

  it('stays in one currency', () => {
    given(started, teeAdded)
      .when((order) => order.addLine({ lineId: 'line-2', sku: 'MUG', quantity: 1 }, [{ ...mug, currency: 'USD' }]))
      .thenRefused('ordering.currency-mismatch', { currencies: ['EUR', 'USD'] });
  });

  it('holds at most 100 lines', () => {
    const full = Array.from({ length: 100 }, (_, n) => new LineAdded(orderId, { ...teeLine, lineId: `line-${n}` }));
    given(started, ...full)
      .when((order) => order.addLine({ lineId: 'one-more', sku: 'TEE', quantity: 1 }, [tee]))
      .thenRefused('ordering.too-many-lines', { limit: 100 });
  });

  it('counts only as far as integers are exact', () => {
    const dear = { ...tee, unitPrice: Number.MAX_SAFE_INTEGER };
    given(started)
      .when((order) => order.addLine({ lineId: 'line-1', sku: 'TEE', quantity: 2 }, [dear]))
      .thenRefused('ordering.amount-too-large');
    given(started, teeAdded)
      .when((order) => order.addLine({ lineId: 'line-2', sku: 'TEE', quantity: 1 }, [dear]))
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
      .thenRefused('ordering.sku-unavailable', { skus: ['TEE'] });
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
      lines: [{ lineId: 'line-1', sku: 'TEE', quantity: 2 }],
      expectedTotal: { amount: 3998, currency: 'EUR' },
    };
    given()
      .when((order) => order.checkOut('ada', order.quoteForCheckOut(basket, [tee]), placement))
      .thenEvents(placed);
  });

  it('needs 1 to 100 lines, and the total that was shown', () => {
    const line = { lineId: 'line-1', sku: 'TEE', quantity: 1 };
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

  it('happens once per order', () => {
    const quote = quoteFor(priceLines([{ lineId: 'line-1', sku: 'TEE', quantity: 2 }], [tee]));
    given(placed)
      .when((order) => order.checkOut('ada', quote, placement))
      .thenRefused('ordering.order-not-editable', { status: 'placed' });
  });
});
