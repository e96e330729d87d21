import { isUtf8 } from 'node:buffer';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { parseJsonBody } from '../../../platform/http/body/json-body.js';
import { ProblemError, type InputError } from '../../../platform/http/problems/problem-error.js';
import type { InputClass } from '../../../platform/http/validation/input-class.js';
import { InputReader } from '../../../platform/http/validation/input-reader.js';

/** A row that can't be imported. The message is the reason, to be read after the row's place. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
}

/** A row whose only flaw are spaces at the ends of its texts: trimmed, it could be imported. */
export class UntrimmedRow extends BadRow {
  /** @param key what the row is known by. */
  constructor(readonly key: string) {
    super('has values with leading or trailing spaces');
  }
}

export interface ReadOptions {
  /** Takes spaces off the ends of texts; a text of spaces alone becomes null. */
  readonly trim: boolean;
}

const AS_IT_IS: ReadOptions = { trim: false };

/** Enough to correct a row; the next run reports the rest. */
const MOST_REASONS = 5;

/**
 * A row as its class describes it: by the same strict rules as a request's body, so that what the API refuses doesn't
 * come in unchecked. Text comes out in Unicode normal form C.
 *
 * @throws BadRow
 */
export function readRow<T extends object>(type: InputClass<T>, bytes: Buffer, { trim } = AS_IT_IS): T {
  if (!isUtf8(bytes)) throw new BadRow('is not UTF-8');
  try {
    return InputReader.for(type).body(withTexts(parseJsonBody(bytes), trim ? trimmed : withUnixLines));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new BadRow(
      error.code === 'malformed-json' ? (flawIn(bytes) ?? inWordsOfRows(error.message)) : reasonsOf(error),
    );
  }
}

/** A byte order mark, as text. */
const MARK = '\uFEFF';
const JOINED = 'has a byte order mark in its middle; were two files joined without a line break between them?';

/** The same value with every text in it changed, through objects and lists. */
function withTexts(value: unknown, change: (text: string) => string | null): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((part) => withTexts(part, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withTexts(part, change)]));
}

/** Notes come from Windows too. */
function withUnixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function trimmed(text: string): string | null {
  return text === '' ? text : withUnixLines(text.trim()) || null;
}

/** What JSON expected, and where in the row; undefined where the text is JSON and something else is wrong with it. */
function flawIn(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  const flaws: ParseError[] = [];
  parse(text, flaws, { disallowComments: true, allowTrailingComma: false });
  const [flaw] = flaws;
  if (flaw === undefined) return undefined;
  if (text.slice(flaw.offset - 1, flaw.offset + 1).includes(MARK)) return JOINED;
  const code = printParseErrorCode(flaw.error);
  const end = flaw.offset + (code === 'UnexpectedEndOfString' ? flaw.length : 0);
  if (end >= text.trimEnd().length) return 'is not valid JSON: it ends too early; is the file complete?';
  const before = text.slice(0, flaw.offset).split('\n');
  const row = before.length === 1 ? '' : ` of line ${before.length} of the row`;
  return `is not valid JSON: ${inWords(code)} at character ${before.at(-1)!.length + 1}${row}`;
}

/** `CommaExpected` as `comma expected`. */
function inWords(code: string): string {
  return code.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

function reasonsOf({ message, more: { errors = [] } }: ProblemError): string {
  if (errors.length === 0) return inWordsOfRows(message);
  const reasons = errors.slice(0, MOST_REASONS).map(reasonOf);
  const rest = errors.length - reasons.length;
  return [...reasons, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/** `/lines/0/quantity` with `quantity must be…` as `lines[0].quantity must be…`. */
function reasonOf({ pointer, code, detail }: InputError): string {
  const steps = pointer.split('/').slice(1);
  const path = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  const field = path.replace(/^\./, '');
  if (code === 'unknown-field') return `${field} is not a field of this format`;
  const sentence = detail.replace(/\.$/, '');
  if (field === '') return inWordsOfRows(sentence);
  const name = steps.at(-1)!;
  return sentence.startsWith(`${name} `) ? `${field}${sentence.slice(name.length)}` : `${field}: ${sentence}`;
}

/** The messages of the rules are worded for requests. */
function inWordsOfRows(sentence: string): string {
  return sentence
    .replace(/\.$/, '')
    .replace(/^The body /, '')
    .replace('the body', 'the row')
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
