import { formatMoney } from './index.js';

describe('formatMoney', () => {
  it('writes an amount with as many decimals as its currency has', () => {
    expect(formatMoney({ amount: 1299, currency: 'EUR' })).toBe('12.99 EUR');
    expect(formatMoney({ amount: -5, currency: 'EUR' })).toBe('-0.05 EUR');
    expect(formatMoney({ amount: 0, currency: 'EUR' })).toBe('0.00 EUR');
    expect(formatMoney({ amount: 1299, currency: 'JPY' })).toBe('1299 JPY');
    expect(formatMoney({ amount: 1299, currency: 'KWD' })).toBe('1.299 KWD');
  });

  it('refuses an amount that is not exact, and an unknown currency', () => {
    expect(() => formatMoney({ amount: 1.5, currency: 'EUR' })).toThrow(RangeError);
    expect(() => formatMoney({ amount: 2 ** 53, currency: 'EUR' })).toThrow(RangeError);
    expect(() => formatMoney({ amount: 1, currency: 'eur' })).toThrow('ISO 4217');
  });
});
