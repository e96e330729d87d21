import { unauthenticated } from '../auth/token-verifier.js';
import { ProblemError } from '../problems/problem-error.js';
import { invalidKey } from './idempotency-key.js';

/** Headers that mean one thing. Node keeps the first or joins them with commas, either of which hides the contradiction. */
const SINGLE = new Set([
  'host',
  'authorization',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'consistency-token',
  'if-match',
  'x-request-id',
  'traceparent',
]);
const LENGTHS = new Set([...SINGLE].map((name) => name.length));
const MAX_HEADERS = 100;

/** @throws ProblemError when a header that may come once came twice, or there are too many of them. */
export function assertSingleHeaders(rawHeaders: readonly string[]): void {
  if (rawHeaders.length > MAX_HEADERS * 2)
    throw new ProblemError('headers-too-large', `The request has more than ${MAX_HEADERS} headers.`);
  const seen: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index]!;
    if (!LENGTHS.has(raw.length)) continue;
    const name = raw.toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.includes(name)) throw repeated(name);
    seen.push(name);
  }
}

function repeated(name: string): ProblemError {
  if (name === 'authorization') return unauthenticated('The request has two Authorization headers. Send one.');
  if (name === 'idempotency-key') return invalidKey('The request has two Idempotency-Key headers. Send one.');
  return new ProblemError('malformed-request', `The header ${name} must be sent at most once.`);
}
