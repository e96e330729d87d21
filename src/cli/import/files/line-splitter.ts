import { BYTE_ORDER_MARK, beginsWith } from './file-kind.js';
import { RowBytes, TOO_LONG, isBlank, type RawRow, type RowSplitter } from './raw-row.js';

const LINE_FEED = 0x0a;

/**
 * JSON Lines: one value per line, ended by LF or CR LF; the last line may go without. Blank lines are passed over, and so
 * is a byte order mark before a line: files that were put together by `cat` have some in their middle.
 */
export class LineSplitter implements RowSplitter {
  readonly #row = new RowBytes();
  #line = 1;
  #end = 0;

  constructor(startsAt = 0) {
    this.#end = startsAt;
  }

  *push(chunk: Buffer): Iterable<RawRow> {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, at + 1));
      from = at + 1;
      yield* this.#finished();
      this.#line += 1;
    }
    this.#add(chunk.subarray(from));
  }

  end(): Iterable<RawRow> {
    return this.#finished();
  }

  #add(part: Buffer): void {
    this.#row.add(part);
    this.#end += part.length;
  }

  *#finished(): Iterable<RawRow> {
    const place = { line: this.#line, end: this.#end };
    if (this.#row.isTooLong) yield { ...place, problem: TOO_LONG };
    const line = this.#row.take();
    const bytes = beginsWith(line, BYTE_ORDER_MARK) ? line.subarray(BYTE_ORDER_MARK.length) : line;
    if (!bytes.every(isBlank)) yield { ...place, bytes };
  }
}
