import { createHash } from 'node:crypto';

/**
 * Tells whether two requests with one idempotency key ask for the same: SHA-256 over canonical JSON of path parameters
 * and body. Keys are sorted, text is composed (NFC) and numbers are as JavaScript writes them, so that `{"a":1,"b":2}`
 * and `{ "b": 2.0, "a": 1 }` are one payload.
 */
export function fingerprintOf(params: unknown, body: unknown): string {
  return createHash('sha256').update(canonical({ params, body })).digest('base64url');
}

/** The depth is bounded: the body's scan refused anything deeper than 16. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = value as Readonly<Record<string, unknown>>;
  const members: string[] = [];
  for (const key of Object.keys(object).toSorted()) {
    if (object[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonical(object[key])}`);
  }
  return `{${members.join(',')}}`;
}
