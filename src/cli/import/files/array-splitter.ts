import { RowBytes, TOO_LONG, isBlank, type Place, type RawRow, type RowSplitter } from './raw-row.js';

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const [ARRAY_START, ARRAY_END] = [0x5b, 0x5d];

const NOT_AN_ARRAY = 'is not a JSON array; it must start with [ and contain one object per row';
const CUT_OFF = 'the file ends inside the row that starts here; is it complete?';

/** A file that holds no rows at all. The text says what is wrong with it, and goes after the file's name. */
export class NoRows extends Error {
  override readonly name = 'NoRows';
}

/**
 * Splits one JSON array into its elements. It reads brackets, commas and quotes only; what stands between them is judged row
 * by row, so that one broken element doesn't take the others with it. A text can't go over a line's end in JSON: one
 * that isn't closed spoils its own element and no more.
 *
 * ```
 *  before ─ [ ─▶ between ─ any byte ─▶ inside ─ , ─▶ between
 *                   └────────── ] ──────────┴─▶ after
 * ```
 */
export class ArraySplitter implements RowSplitter {
  readonly #row = new RowBytes();
  #state: 'before' | 'between' | 'inside' | 'after' = 'before';
  /** Brackets that are open inside the element. */
  #depth = 0;
  #inText = false;
  #escaped = false;
  #afterComma = false;
  #hasReportedMore = false;
  #line = 1;
  #column = 0;
  #rowLine = 1;
  #rowColumn = 1;
  /** The line of the row or problem before. */
  #lastLine = 0;
  #end: number;

  constructor(startsAt = 0) {
    this.#end = startsAt;
  }

  /** @throws NoRows */
  *push(chunk: Buffer): Iterable<RawRow> {
    const start = this.#end;
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (!isContinuation(byte)) this.#column += 1;
      const wasInside = this.#state === 'inside';
      const stepped = this.#step(byte);
      if (!wasInside) from = at;
      this.#end = start + at + 1;
      if (stepped === 'row') yield this.#finished(chunk.subarray(from, at));
      else if (stepped !== undefined) yield { ...this.#placeHere(), problem: stepped.problem };
      if (byte === LINE_FEED) this.#beginLine();
    }
    if (this.#state === 'inside') this.#row.add(chunk.subarray(from));
  }

  /** @throws NoRows */
  *end(): Iterable<RawRow> {
    if (this.#state === 'before') throw new NoRows(NOT_AN_ARRAY);
    if (this.#state === 'inside') yield { ...this.#place(this.#rowLine, this.#rowColumn), problem: CUT_OFF };
    if (this.#state === 'between') {
      yield { ...this.#placeHere(), problem: 'the file ends before the closing ]; is it complete?' };
    }
  }

  /** Where one byte leads: to the end of a row, to a problem, or to nothing worth reporting. */
  #step(byte: number): 'row' | { readonly problem: string } | undefined {
    switch (this.#state) {
      case 'before':
        if (isBlank(byte)) return undefined;
        if (byte !== ARRAY_START) throw new NoRows(NOT_AN_ARRAY);
        this.#state = 'between';
        return undefined;
      case 'between':
        return this.#between(byte);
      case 'inside':
        return this.#inside(byte);
      case 'after':
        return isBlank(byte) ? undefined : this.#afterEnd();
      default:
        return this.#state satisfies never;
    }
  }

  #between(byte: number): { readonly problem: string } | undefined {
    if (isBlank(byte)) return undefined;
    if (byte === ARRAY_END) {
      this.#state = 'after';
      return this.#afterComma ? { problem: 'a row is missing between the last comma and ]' } : undefined;
    }
    if (byte === COMMA) return { problem: 'a row is missing before this comma' };
    this.#state = 'inside';
    this.#rowLine = this.#line;
    this.#rowColumn = this.#column;
    this.#depth = 0;
    this.#inside(byte);
    return undefined;
  }

  #inside(byte: number): 'row' | undefined {
    if (this.#inText) return this.#insideText(byte);
    if (byte === QUOTE) this.#inText = true;
    else if (this.#depth === 0 && (byte === COMMA || byte === ARRAY_END)) {
      this.#afterComma = byte === COMMA;
      this.#state = byte === COMMA ? 'between' : 'after';
      return 'row';
    } else if (OPENING.has(byte)) this.#depth += 1;
    else if (CLOSING.has(byte) && this.#depth > 0) this.#depth -= 1;
    return undefined;
  }

  #insideText(byte: number): undefined {
    this.#inText = byte === LINE_FEED ? false : byte !== QUOTE || this.#escaped;
    this.#escaped = byte === BACKSLASH && !this.#escaped;
  }

  #afterEnd(): { readonly problem: string } | undefined {
    if (this.#hasReportedMore) return undefined;
    this.#hasReportedMore = true;
    return { problem: 'there is content after the closing ]; a file must contain one array' };
  }

  #beginLine(): void {
    this.#line += 1;
    this.#column = 0;
  }

  #placeHere(): Place {
    return this.#place(this.#line, this.#column);
  }

  #place(line: number, column: number): Place {
    const isFirstOnLine = line !== this.#lastLine;
    this.#lastLine = line;
    return { line, column: isFirstOnLine ? undefined : column, end: this.#end };
  }

  #finished(lastPart: Buffer): RawRow {
    this.#row.add(lastPart);
    const place = this.#place(this.#rowLine, this.#rowColumn);
    const isTooLong = this.#row.isTooLong;
    const bytes = this.#row.take();
    return isTooLong ? { ...place, problem: TOO_LONG } : { ...place, bytes };
  }
}

/** The second to fourth byte of a character in UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
