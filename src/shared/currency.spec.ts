import { exponentOf } from './currency.js';
import { formatMoney, isCurrency, isCurrencyOn, withdrawnIn } from './index.js';

describe('a withdrawn currency', () => {
  it.each([
    ['BGN', 2, '2026-01'],
    ['HRK', 2, '2023-01'],
    ['DEM', 2, '2002-03'],
    ['ITL', 0, '2002-03'],
    ['TRL', 0, '2005-12'],
    ['LTL', 2, '2014-12'],
  ])('%s keeps its %d decimal digits, and its month of withdrawal', (code, exponent, month) => {
    expect(exponentOf(code)).toBe(exponent);
    expect(withdrawnIn(code)).toBe(month);
  });

  it('is no currency for new prices', () => {
    expect(isCurrency('BGN')).toBe(false);
    expect(isCurrency('EUR')).toBe(true);
  });

  it('was one on every day up to the end of the month of its withdrawal', () => {
    const days = ['1996-07-04', '2025-12-30', '2026-01-31', '2026-01-31T23:59:59.999Z', '2026-02-01'];
    expect(days.map((day) => isCurrencyOn('BGN', day))).toEqual([true, true, true, true, false]);
  });

  it('can be counted and told', () => {
    expect(formatMoney({ amount: 1_299, currency: 'BGN' })).toBe('12.99 BGN');
    expect(formatMoney({ amount: 15_000, currency: 'ITL' })).toBe('15000 ITL');
  });
});

it('a currency in use is one on any day', () => {
  expect(isCurrencyOn('EUR', '1999-01-01')).toBe(true);
  expect(withdrawnIn('EUR')).toBeUndefined();
});

it.each(['USX', 'eur', 'XAU', 'constructor', '', null, 978])('%p is a currency on no day', (code) => {
  expect(isCurrencyOn(code, '2026-01-01')).toBe(false);
});
