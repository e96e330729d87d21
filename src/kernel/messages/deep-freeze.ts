/**
 * Makes a value and everything in it unchangeable, in place; for JSON-safe values, which have no cycles. Views and handlers
 * of one process share each event: one of them that changes it must fail alone instead of changing what the others see.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) if (typeof inner === 'object') deepFreeze(inner);
  return Object.freeze(value);
}
