import fc from 'fast-check';
import { addSafely, AmountTooLarge, allocateByLargestRemainder, multiplySafely, percentOf } from './index.js';

const safeAmount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const percent = fc.integer({ min: 0, max: 100 });

/** The definition, written down once more in exact arithmetic. */
function percentByDefinition(amount: number, percentage: number): number {
  const product = BigInt(amount) * BigInt(percentage);
  const [quotient, rest] = [product / 100n, product % 100n];
  const up = rest > 50n || (rest === 50n && quotient % 2n === 1n);
  return Number(quotient + (up ? 1n : 0n));
}

describe('percentOf', () => {
  it.each([
    [1, 50, 0],
    [3, 50, 2],
    [5, 50, 2],
    [7, 50, 4],
    [250, 1, 2],
    [350, 1, 4],
    [1999, 15, 300],
    [0, 100, 0],
    [Number.MAX_SAFE_INTEGER, 100, Number.MAX_SAFE_INTEGER],
  ])('takes of %i minor units %i percent: %i', (amount, percentage, expected) => {
    expect(percentOf(amount, percentage)).toBe(expected);
  });

  it('is half to even for every exact amount', () => {
    fc.assert(
      fc.property(safeAmount, percent, (amount, percentage) => {
        expect(percentOf(amount, percentage)).toBe(percentByDefinition(amount, percentage));
      }),
    );
  });
});

describe('sums and products', () => {
  it('refuse to count past the last exact integer', () => {
    expect(() => addSafely(Number.MAX_SAFE_INTEGER, 1)).toThrow(AmountTooLarge);
    expect(() => multiplySafely(Number.MAX_SAFE_INTEGER, 2)).toThrow(AmountTooLarge);
  });

  it('are exact below that', () => {
    const half = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    fc.assert(
      fc.property(half, half, (a, b) => {
        expect(addSafely(a, b, -b)).toBe(a);
        expect(addSafely(a, b)).toBe(addSafely(b, a));
      }),
    );
  });
});

describe('allocateByLargestRemainder', () => {
  it('gives the units left over to the largest remainders', () => {
    expect(allocateByLargestRemainder(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(allocateByLargestRemainder(5, [3, 7])).toEqual([2, 3]);
    expect(allocateByLargestRemainder(-100, [1, 1, 1])).toEqual([-34, -33, -33]);
    expect(allocateByLargestRemainder(7, [0, 1, 0])).toEqual([0, 7, 0]);
  });

  it('refuses weights that give no share', () => {
    expect(() => allocateByLargestRemainder(1, [])).toThrow(RangeError);
    expect(() => allocateByLargestRemainder(1, [0, 0])).toThrow(RangeError);
    expect(() => allocateByLargestRemainder(1, [2, -1])).toThrow(RangeError);
  });

  it('never makes or loses a unit, and no part is more than one unit off its exact share', () => {
    const weights = fc
      .array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 20 })
      .filter((some) => some.some((weight) => weight > 0));
    const total = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(total, weights, (amount, shares) => {
        const parts = allocateByLargestRemainder(amount, shares);
        const weightSum = shares.reduce((sum, share) => sum + share, 0);
        expect(addSafely(...parts)).toBe(amount);
        for (const [index, part] of parts.entries()) {
          expect(Math.abs(part - (amount * shares[index]!) / weightSum)).toBeLessThan(1.000_001);
        }
      }),
    );
  });
});
