/**
 * A sum over orders. A number up to 9,007,199,254,740,991 either side of zero; beyond, where a JSON number would be rounded
 * by most who read it, its decimal digits as a text.
 */
export type ExactSum = number | string;

/** @param digits a `numeric` without decimals, as the database gives it. */
export function exactSum(digits: string): ExactSum {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : digits;
}

/** The row with the named sums as a report shows them. */
export function withExactSums<Row extends Readonly<Record<Name, string>>, Name extends string>(
  row: Row,
  ...names: readonly Name[]
): Omit<Row, Name> & Readonly<Record<Name, ExactSum>> {
  const sums = Object.fromEntries(names.map((name) => [name, exactSum(row[name])])) as Record<Name, ExactSum>;
  return { ...row, ...sums };
}
