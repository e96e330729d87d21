import { invalidInput } from '../problems/problem-error.js';

/** Deeper nesting than any route needs; what recurses later (validation, canonical JSON) may rely on it. */
export const MAX_DEPTH = 16;

/** Values in one body: an order of 100 lines has about 600. */
export const MAX_NODES = 5_000;

/** Any decimal of up to 15 significant digits survives the trip through a double. */
const EXACT_DIGITS = 15;

const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const UPPER_E = 69;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const LOWER_E = 101;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * Looks once over the raw text, before it is parsed, for what parsing would hide or could choke on: nesting, size, and
 * numbers that would silently be rounded. Returns the number of keys written, so that duplicates show: a parsed object
 * that has fewer keys was given one twice. Text that isn't JSON at all passes here and fails in `JSON.parse`.
 *
 * @throws ProblemError `validation-failed`
 */
export function scanJson(text: string): number {
  let keys = 0;
  let nodes = 1;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(text, at);
    else if (unit === COLON) keys += 1;
    else if (unit === COMMA) nodes += 1;
    else if (unit === OPEN_OBJECT || unit === OPEN_LIST) {
      depth += 1;
      nodes += 1;
      if (depth > MAX_DEPTH) throw invalidInput('', 'too-deep', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_LIST) depth -= 1;
    else if (unit === MINUS || (unit >= ZERO && unit <= NINE)) at = endOfNumber(text, at);
    if (nodes > MAX_NODES) throw invalidInput('', 'too-many-values', `The body holds more than ${MAX_NODES} values.`);
  }
  return keys;
}

/** Index of the closing quote, or of the end of the text. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close === -1 ? text.length : close;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 0;
}

/** Index of the number's last character. @throws ProblemError for a number that a double can't hold. */
function endOfNumber(text: string, start: number): number {
  let end = start;
  let digits = 0;
  let isPlain = true;
  let inExponent = false;
  for (; end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    if (unit >= ZERO && unit <= NINE) {
      if (!inExponent && (digits > 0 || unit !== ZERO)) digits += 1;
    } else if (unit === LOWER_E || unit === UPPER_E) {
      isPlain = false;
      inExponent = true;
    } else if (unit === DOT) isPlain = false;
    else if (unit !== MINUS && unit !== PLUS) break;
  }
  if (digits > EXACT_DIGITS || inExponent) assertExact(text.slice(start, end), digits, isPlain);
  return end - 1;
}

function assertExact(token: string, digits: number, isPlain: boolean): void {
  const value = Number(token);
  if (Number.isNaN(value)) return;
  const isExact = isPlain ? Number.isSafeInteger(value) : digits <= EXACT_DIGITS && (value !== 0 || digits === 0);
  if (!isExact) {
    throw invalidInput(
      '',
      'number-not-exact',
      'A number in the body has more digits than can be kept, or is out of range.',
    );
  }
}
