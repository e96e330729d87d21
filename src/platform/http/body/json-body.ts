import { isUtf8 } from 'node:buffer';
import { ProblemError } from '../problems/problem-error.js';
import { JsonScan } from './json-scan.js';
import { JsonStructure } from './json-structure.js';

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Turns the bytes of a request body into a value that everything behind may trust: UTF-8, strict JSON, no key twice, no
 * number rounded, no depth, size or text that a store or a recursion could choke on. Linear in the size of the body; an
 * order of 5 lines costs a few microseconds.
 *
 * @throws ProblemError `malformed-json` or `validation-failed`
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('The body is empty. Send a JSON object.');
  if (!isUtf8(bytes)) throw malformed('The body is not valid UTF-8.');
  const text = bytes.toString('utf8');
  if (text.charCodeAt(0) === BYTE_ORDER_MARK)
    throw malformed('The body starts with a byte order mark. Send JSON without one.');
  const keysWritten = JsonScan.countKeys(text);
  const value = parse(text);
  if (new JsonStructure(text).countKeys(value) !== keysWritten)
    throw malformed('An object in the body contains a key twice.');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw malformed('The body is not valid JSON.');
  }
}

function malformed(detail: string): ProblemError {
  return new ProblemError('malformed-json', detail);
}
