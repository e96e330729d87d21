import { createHash } from 'node:crypto';

/** A key is part of an index of kernel.failed_events, whose entries end at 2,704 bytes, with the subscription's name. */
const MOST_BYTES = 1_024;
/** UTF-16 units of a key that are kept in front of its digest. */
const KEPT_UNITS = 200;
/** What PostgreSQL stores in no text: NUL, and half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/u;
const UNSTORABLE_ALL = /\0|\p{Surrogate}/gu;

/**
 * A key as it is stored, compared and partitioned: itself, or, where the database couldn't hold it, its beginning and a
 * digest. An event whose key is impossible then blocks only its own key, like any other that can't take effect.
 */
export function storableKey(key: string): string {
  if (Buffer.byteLength(key) <= MOST_BYTES && !UNSTORABLE.test(key)) return key;
  return `${beginningOf(key)}#sha256:${createHash('sha256').update(key, 'utf16le').digest('hex')}`;
}

/** A prefix that every storable key has whose original begins with `prefix`; it may be shorter, and fit more keys. */
export function storablePrefix(prefix: string): string {
  return prefix.length <= KEPT_UNITS && !UNSTORABLE.test(prefix) ? prefix : beginningOf(prefix);
}

/** Never ends within a surrogate pair, whose second half would be missing. */
function beginningOf(key: string): string {
  const cut = key.slice(0, KEPT_UNITS);
  const whole = key.length > KEPT_UNITS && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
  return whole.replaceAll(UNSTORABLE_ALL, '\uFFFD');
}
