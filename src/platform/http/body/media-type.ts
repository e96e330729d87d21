import type { IncomingHttpHeaders } from 'node:http';
import { ProblemError } from '../problems/problem-error.js';

const JSON_UTF8 = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*(?:utf-8|"utf-8"))?[ \t]*$/i;

/**
 * Only plain JSON in UTF-8 is read: another charset, a compression or a form is refused before a byte of it is parsed,
 * because ignoring the label means reading something else than was sent.
 *
 * @throws ProblemError `unsupported-media-type`
 */
export function assertJsonUtf8(headers: IncomingHttpHeaders): void {
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  if (type !== undefined && !JSON_UTF8.test(type)) throw unsupported('The body must be application/json in UTF-8.');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw unsupported('The body must not be compressed.');
}

function unsupported(detail: string): ProblemError {
  return new ProblemError('unsupported-media-type', detail);
}
