/**
 * The same value with every text in it in Unicode normal form C, through objects and lists: `é` typed as one character
 * or as two is then one name, one search, one unique value. A text may grow to three times its length by it: limits are checked
 * on the result.
 */
export function normalised<T>(value: T): T {
  if (typeof value === 'string') return value.normalize('NFC') as T;
  if (Array.isArray(value)) return value.map(normalised) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, normalised(part)])) as T;
}
