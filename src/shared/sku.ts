/** The format of a stock keeping unit: 1 to 64 of letters, digits, dot, underscore, hyphen. Case matters. */
export const SKU_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

export function isSku(value: unknown): value is string {
  return typeof value === 'string' && SKU_PATTERN.test(value);
}
