/** One row of a file before it is understood: a line, or an element of an array. */
export type RawRow = ReadRow | BrokenRow;

/** Where in its file a row is. */
export interface Place {
  /** Where the row starts, counted from 1. */
  readonly line: number;
  /** The character of the line at which it starts, counted from 1, where another row starts earlier on the line. */
  readonly column?: number | undefined;
  /** Bytes of the file up to the row's end: how far the import is. */
  readonly end: number;
}

export interface ReadRow extends Place {
  readonly bytes: Buffer;
}

/** A row that can't even be cut out of its file. */
export interface BrokenRow extends Place {
  readonly problem: string;
}

/** A row's place as editors open it: `212`, or `1:5012` in a file without line breaks. */
export function placeOf({ line, column }: RawRow): string {
  return column === undefined ? `${line}` : `${line}:${column}`;
}

/** Cuts a file into rows, piece by piece: what is kept in memory is one row, however long the file. */
export interface RowSplitter {
  push(chunk: Buffer): Iterable<RawRow>;
  /** What is left when the file has ended. */
  end(): Iterable<RawRow>;
}

/** Longest row. An order of 100 lines with endless texts has 60 KB; what is longer isn't meant as a row. */
export const MAX_ROW_BYTES = 1_048_576;

export const TOO_LONG = `is longer than ${MAX_ROW_BYTES / 1_048_576} MiB; is a line break missing?`;

/** The bytes of one row as they come in, over the borders of chunks, up to the longest row. */
export class RowBytes {
  readonly #parts: Buffer[] = [];
  #length = 0;

  get isTooLong(): boolean {
    return this.#length > MAX_ROW_BYTES;
  }

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.isTooLong) this.#parts.length = 0;
    else if (part.length > 0) this.#parts.push(part);
  }

  /** What was added since the last call. */
  take(): Buffer {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts.length = 0;
    this.#length = 0;
    return bytes;
  }
}

const BLANKS = new Set([0x20, 0x09, 0x0d, 0x0a]);

/** Space, tab and line ends, as JSON allows them between values. */
export function isBlank(byte: number): boolean {
  return BLANKS.has(byte);
}
