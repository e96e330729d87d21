import { ProblemError } from '../problems/problem-error.js';

const MAX_PARAMETERS = 50;
const LONE_SURROGATE = /\p{Surrogate}/u;

export interface ParsedQuery {
  /** Without a prototype, so that any name is only a name. A list where a parameter was given more than once. */
  readonly values: Record<string, string | string[]>;
  /** The query string has a broken escape, text that can't be stored, or too many parameters. */
  readonly isMalformed: boolean;
}

/**
 * Reads a query string without guessing: no nested brackets, no last-one-wins. Never throws, because the router calls it
 * before any error handler exists; `assertWellFormed` does.
 */
export function parseQueryString(text: string): ParsedQuery {
  const values = Object.create(null) as Record<string, string | string[]>;
  if (text === '') return { values, isMalformed: false };
  const pairs = text.split('&', MAX_PARAMETERS + 1);
  let isMalformed = pairs.length > MAX_PARAMETERS;
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1));
    if (name === undefined || value === undefined) isMalformed = true;
    else add(values, name, value);
  }
  return { values, isMalformed };
}

/** @throws ProblemError `malformed-request` */
export function assertWellFormed(query: ParsedQuery): void {
  if (query.isMalformed)
    throw new ProblemError('malformed-request', 'The query string has an invalid escape or too many parameters.');
}

function add(values: Record<string, string | string[]>, name: string, value: string): void {
  const earlier = values[name];
  if (earlier === undefined) values[name] = value;
  else if (typeof earlier === 'string') values[name] = [earlier, value];
  else earlier.push(value);
}

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    return decoded.includes('\0') || LONE_SURROGATE.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}
