import fc from 'fast-check';
import { assertExpected, priceLines, quoteFor, type SellableProduct } from './pricing.js';

const product = (sku: string, unitPrice: number, currency = 'EUR'): SellableProduct => ({
  sku,
  name: `The ${sku}`,
  unitPrice,
  currency,
  taxClass: null,
  discontinued: false,
});

describe('pricing', () => {
  it('spreads discounts on the order over its lines to the unit', () => {
    const lines = priceLines(
      [
        { lineId: '1', sku: 'A', quantity: 1 },
        { lineId: '2', sku: 'A', quantity: 1 },
        { lineId: '3', sku: 'B', quantity: 1 },
      ],
      [product('A', 100), product('B', 0)],
    );
    const quote = quoteFor(lines, {
      discounts: [{ amount: 25, currency: 'EUR' }],
      shippingFee: { amount: 10, currency: 'EUR' },
    });
    expect(quote.lines.map(({ orderDiscount }) => orderDiscount)).toEqual([13, 12, 0]);
    expect(quote.totals).toEqual({ items: 200, discount: 25, shipping: 10, tax: 0, grand: 185 });
  });

  it('takes a percentage off the price of all pieces together, not off each piece', () => {
    const [line] = priceLines([{ lineId: '1', sku: 'A', quantity: 3, discountPercent: 10 }], [product('A', 333)]);
    expect(line).toMatchObject({ gross: 999, discount: 100, total: 899 });
  });

  it('names every sku that is not for sale once', () => {
    const lines = ['X', 'A', 'Y', 'X'].map((sku, n) => ({ lineId: String(n), sku, quantity: 1 }));
    expect(() => priceLines(lines, [product('A', 100)])).toThrow(expect.objectContaining({ skus: ['X', 'Y'] }));
  });

  it('sells discontinued goods only to orders that were taken over', () => {
    const old = { ...product('OLD', 100), discontinued: true };
    const lines = [{ lineId: '1', sku: 'OLD', quantity: 1 }];
    expect(() => priceLines(lines, [old])).toThrow(expect.objectContaining({ code: 'ordering.sku-unavailable' }));
    expect(priceLines(lines, [old], { maySellDiscontinued: true })[0]).toMatchObject({ total: 100 });
  });

  it('keeps the name and the currency that an old line was sold in', () => {
    const line = { lineId: '1', sku: 'A', quantity: 1, name: 'The A of 1996', unitPrice: 195, currency: 'DEM' };
    expect(priceLines([line], [product('A', 100)])[0]).toMatchObject({ name: 'The A of 1996', currency: 'DEM' });
    expect(priceLines([{ ...line, name: undefined }], [product('A', 100)])[0]).toMatchObject({ name: 'The A' });
  });

  it('expects a total in the currency of the order', () => {
    const quote = quoteFor(priceLines([{ lineId: '1', sku: 'A', quantity: 1 }], [product('A', 100)]));
    expect(() => assertExpected(quote, { amount: 100, currency: 'EUR' })).not.toThrow();
    expect(() => assertExpected(quote, { amount: 100, currency: 'USD' })).toThrow(
      expect.objectContaining({ code: 'ordering.currency-mismatch' }),
    );
    expect(() => assertExpected(quote, { amount: 99, currency: 'EUR' })).toThrow(
      expect.objectContaining({ code: 'ordering.price-changed' }),
    );
  });

  it('adds up to the minor unit, whatever is bought and taken off (O4)', () => {
    const line = fc.record({
      unitPrice: fc.integer({ min: 0, max: 10_000_000 }),
      quantity: fc.integer({ min: 1, max: 100_000 }),
      discountPercent: fc.integer({ min: 0, max: 100 }),
    });
    const basket = fc.array(line, { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(basket, fc.integer({ min: 0, max: 100 }), fc.nat(), (requests, offPercent, fee) => {
        const priced = priceLines(
          requests.map((request, n) => ({ lineId: String(n), sku: 'A', ...request })),
          [product('A', 1)],
        );
        const off = Math.floor(priced.reduce((sum, { total }) => sum + total, 0) * (offPercent / 100));
        const eur = (amount: number) => ({ amount, currency: 'EUR' });
        const { lines, totals, total } = quoteFor(priced, { discounts: [eur(off)], shippingFee: eur(fee) });
        const sum = (field: 'gross' | 'discount' | 'total' | 'orderDiscount') =>
          lines.reduce((all, each) => all + each[field], 0);
        expect(
          lines.every((each) => each.gross - each.discount === each.total && each.orderDiscount <= each.total),
        ).toBe(true);
        expect(totals.items).toBe(sum('gross'));
        expect(totals.discount).toBe(sum('discount') + sum('orderDiscount'));
        expect(sum('orderDiscount')).toBe(off);
        expect(totals.grand).toBe(totals.items - totals.discount + totals.shipping + totals.tax);
        expect(total).toEqual(eur(totals.grand));
      }),
    );
  });
});
