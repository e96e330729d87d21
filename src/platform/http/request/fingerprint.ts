import { hash } from 'node:crypto';

/**
 * Shows whether two requests with one idempotency key are the same: SHA-256 over canonical JSON of path parameters
 * and body. Keys are sorted, text is composed (NFC) and numbers are as JavaScript writes them, so that `{"a":1,"b":2}`
 * and `{ "b": 2.0, "a": 1 }` are one payload.
 */
export function fingerprintOf(params: unknown, body: unknown): string {
  return hash('sha256', canonical({ params, body }), 'base64url');
}

/** JSON text that is the same for equal content. */
export function canonical(value: unknown): string {
  return JSON.stringify(ordered(value)) ?? 'null';
}

/** The depth is bounded: the body's scan refused anything deeper than 16. */
function ordered(value: unknown): unknown {
  if (typeof value === 'string') return value.normalize('NFC');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const object = value as Readonly<Record<string, unknown>>;
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(object).toSorted()) sorted[key] = ordered(object[key]);
  return sorted;
}
