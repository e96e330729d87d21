/** An amount left the range in which every integer is exact; adding further would silently lose units. */
export class AmountTooLarge extends RangeError {
  constructor() {
    super('The amount is beyond 9,007,199,254,740,991 minor units and can no longer be counted exactly.');
  }
}

/**
 * The given percentage of an amount in minor units, rounded half to even: 50 % of 1 is 0, of 3 is 2.
 * Exact for every safe amount, because the amount is split before it is multiplied.
 *
 * @param amountMinor a safe integer, 0 or more.
 * @param percent an integer from 0 to 100.
 */
export function percentOf(amountMinor: number, percent: number): number {
  const hundredths = (amountMinor % 100) * percent;
  const roundedDown = Math.floor(amountMinor / 100) * percent + Math.floor(hundredths / 100);
  const rest = hundredths % 100;
  if (rest === 50) return roundedDown + (roundedDown % 2);
  return rest > 50 ? roundedDown + 1 : roundedDown;
}

/**
 * Product of two safe integers.
 *
 * @throws AmountTooLarge when the product isn't one.
 */
export function multiplySafely(amountMinor: number, factor: number): number {
  return assertSafe(amountMinor * factor);
}

/**
 * Sum of safe integers.
 *
 * @throws AmountTooLarge when it, or a sum on the way to it, isn't one.
 */
export function addSafely(...amountsMinor: readonly number[]): number {
  let sum = 0;
  for (const amount of amountsMinor) sum = assertSafe(sum + amount);
  return sum;
}

function assertSafe(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new AmountTooLarge();
  return amount;
}

/**
 * Splits a total by weights so that the parts sum to the total to the unit: every part gets its share rounded down,
 * and the units left over go to the largest remainders, the earlier part first.
 *
 * @param totalMinor a safe integer; a negative one is split as its opposite.
 * @param weights 0 or more each, at least one of them above 0.
 * @throws RangeError for weights that give no share.
 */
export function allocateByLargestRemainder(totalMinor: number, weights: readonly number[]): number[] {
  const weightSum = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (weightSum <= 0n || weights.some((weight) => weight < 0)) {
    throw new RangeError('Nothing can be split by these weights. At least one has to be above 0, none below.');
  }
  const sign = totalMinor < 0 ? -1 : 1;
  const total = BigInt(Math.abs(totalMinor));
  const shares = weights.map((weight, index) => {
    const product = total * BigInt(weight);
    return { index, part: Number(product / weightSum), remainder: product % weightSum };
  });
  let left = Math.abs(totalMinor) - shares.reduce((sum, share) => sum + share.part, 0);
  for (const share of shares.toSorted((a, b) => compare(b.remainder, a.remainder) || a.index - b.index)) {
    if (left === 0) break;
    share.part += 1;
    left -= 1;
  }
  return shares.map((share) => (share.part === 0 ? 0 : sign * share.part));
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
