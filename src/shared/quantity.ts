/** A count of whole units: a safe integer above 0. Fractions, 0 and `-0` are none. */
export function isQuantity(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
