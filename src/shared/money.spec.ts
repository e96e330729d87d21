import fc from 'fast-check';
import { AmountTooLarge, exponentOf, isCurrency, MixedCurrency, Money } from './index.js';

const eur = (amount: number): Money => Money.of(amount, 'EUR');

describe('Money', () => {
  it('counts in minor units and knows how many digits they have', () => {
    expect(exponentOf('JPY')).toBe(0);
    expect(exponentOf('EUR')).toBe(2);
    expect(exponentOf('KWD')).toBe(3);
    expect(String(eur(1299))).toBe('12.99 EUR');
    expect(String(eur(-5))).toBe('-0.05 EUR');
    expect(String(Money.of(1299, 'JPY'))).toBe('1299 JPY');
    expect(String(Money.of(1299, 'KWD'))).toBe('1.299 KWD');
  });

  it('refuses what is no exact amount of a real currency', () => {
    expect(() => eur(1.5)).toThrow(RangeError);
    expect(() => eur(2 ** 53)).toThrow(RangeError);
    expect(() => Money.of(1, 'eur')).toThrow('ISO 4217');
    expect(isCurrency('constructor')).toBe(false);
    expect(Money.isMoney({ amount: 1, currency: 'EUR' })).toBe(true);
    expect(Money.isMoney({ amount: '1', currency: 'EUR' })).toBe(false);
    expect(Money.isMoney(null)).toBe(false);
  });

  it('never mixes currencies', () => {
    expect(() => eur(1).plus(Money.of(1, 'USD'))).toThrow(MixedCurrency);
    expect(() => eur(1).minus(Money.of(1, 'USD'))).toThrow(MixedCurrency);
    expect(() => eur(1).compareTo(Money.of(1, 'USD'))).toThrow(MixedCurrency);
    expect(eur(1).equals(Money.of(1, 'USD'))).toBe(false);
  });

  it('refuses to count past the last exact integer', () => {
    expect(() => eur(Number.MAX_SAFE_INTEGER).plus(eur(1))).toThrow(AmountTooLarge);
    expect(() => eur(Number.MAX_SAFE_INTEGER).times(2)).toThrow(AmountTooLarge);
  });

  it('has one zero', () => {
    expect(eur(-0)).toEqual(Money.zero('EUR'));
    expect(Object.is(eur(5).minus(eur(5)).amount, 0)).toBe(true);
  });

  it('becomes plain JSON', () => {
    expect(JSON.stringify(eur(5))).toBe('{"amount":5,"currency":"EUR"}');
  });

  it('adds and takes away without a rest', () => {
    const half = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    fc.assert(
      fc.property(half, half, (a, b) => {
        expect(eur(a).plus(eur(b)).minus(eur(b)).amount).toBe(a);
        expect(eur(a).plus(eur(b))).toEqual(eur(b).plus(eur(a)));
      }),
    );
  });
});
