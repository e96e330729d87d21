import { ProblemError } from '../problems/problem-error.js';

const VISIBLE = /^[\x21-\x7e]{1,255}$/;
/** A string of RFC 8941 (the IETF draft's form) without spaces; quotes and backslashes in it are escaped. */
const QUOTED = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * The key in an Idempotency-Key header: 1 to 255 visible ASCII characters, bare or quoted (`"k"` is `k`; commas are part
 * of it). Undefined when there is no header.
 *
 * @throws ProblemError `idempotency-key-invalid`
 */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = header.startsWith('"') ? QUOTED.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1') : header;
  if (key === undefined || !VISIBLE.test(key))
    throw invalidKey('The Idempotency-Key must be 1 to 255 visible ASCII characters, with or without quotes.');
  return key;
}

export function invalidKey(detail: string): ProblemError {
  return new ProblemError('idempotency-key-invalid', detail);
}
