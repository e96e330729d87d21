import { invalidInput } from '../problems/problem-error.js';

/** Deeper nesting than any route needs; what recurses later (validation, canonical JSON) may rely on it. */
export const MAX_DEPTH = 16;

/** Values in one body: an order of 100 lines has about 600. */
export const MAX_NODES = 5_000;

/** Any decimal of up to 15 significant digits survives the trip through a double. */
const EXACT_DIGITS = 15;

const OTHER = 0;
const QUOTE = 1;
const COLON = 2;
const COMMA = 3;
const OPEN = 4;
const CLOSE = 5;
const NUMBER = 6;
const BACKSLASH = '\\'.charCodeAt(0);

const KIND = tableOf({
  '"': QUOTE,
  ':': COLON,
  ',': COMMA,
  '{': OPEN,
  '[': OPEN,
  '}': CLOSE,
  ']': CLOSE,
  '-0123456789': NUMBER,
});

const IN_NUMBER = 1;
const EXPONENT = 2;
const NUMBER_PART = tableOf({ '-+.0123456789': IN_NUMBER, eE: EXPONENT });

/**
 * Scans the raw text once, before it is parsed, for what parsing would hide or could choke on: nesting, size, and
 * numbers that would silently be rounded. Text that isn't JSON at all passes here and fails in `JSON.parse`.
 */
export class JsonScan {
  #keys = 0;
  #nodes = 1;
  #depth = 0;

  /**
   * Returns the number of keys written, so that duplicates show: a parsed object that has fewer was given one twice.
   *
   * @throws ProblemError `validation-failed`
   */
  static countKeys(text: string): number {
    const scan = new JsonScan();
    for (let at = 0; at < text.length; at += 1) {
      const kind = KIND[text.charCodeAt(at)] ?? OTHER;
      if (kind === OTHER) continue;
      if (kind === QUOTE) at = endOfString(text, at);
      else if (kind === NUMBER) at = endOfNumber(text, at);
      else scan.#count(kind);
    }
    return scan.#keys;
  }

  #count(kind: number): void {
    if (kind === COLON) this.#keys += 1;
    else if (kind === COMMA) this.#addNode();
    else if (kind === CLOSE) this.#depth -= 1;
    else {
      this.#addNode();
      this.#depth += 1;
      if (this.#depth > MAX_DEPTH)
        throw invalidInput('', 'too-deep', `The body is nested more than ${MAX_DEPTH} levels deep.`);
    }
  }

  #addNode(): void {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES)
      throw invalidInput('', 'too-many-values', `The body contains more than ${MAX_NODES} values.`);
  }
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
  let hasExponent = false;
  for (let part = NUMBER_PART[text.charCodeAt(end)]; part; part = NUMBER_PART[text.charCodeAt(end)]) {
    if (part === EXPONENT) hasExponent = true;
    end += 1;
  }
  if (end - start > EXACT_DIGITS || hasExponent) assertExact(text.slice(start, end));
  return end - 1;
}

function assertExact(token: string): void {
  const value = Number(token);
  const digits = token.replace(/e.*$/i, '').replaceAll(/\D/g, '').replace(/^0+/, '').length;
  const isPlain = /^-?\d+$/.test(token);
  const isExact = isPlain ? Number.isSafeInteger(value) : digits <= EXACT_DIGITS && (value !== 0 || digits === 0);
  if (Number.isNaN(value) || isExact) return;
  throw invalidInput(
    '',
    'number-not-exact',
    'A number in the body is out of range or has too many digits to be stored exactly.',
  );
}

/** Indexed by character code; what isn't ASCII isn't in it. */
function tableOf(kinds: Readonly<Record<string, number>>): Uint8Array {
  const table = new Uint8Array(128);
  for (const [characters, kind] of Object.entries(kinds)) {
    for (const character of characters) table[character.charCodeAt(0)] = kind;
  }
  return table;
}
