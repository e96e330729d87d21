import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ArraySplitter, NoRows } from './array-splitter.js';
import { LineSplitter } from './line-splitter.js';
import type { RawRow, RowSplitter } from './raw-row.js';

/** A folder or file that can't be imported at all. The message says which, why, and what to do. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF_16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** One file of an import, read row by row. */
export class ImportFile {
  readonly name: string;

  private constructor(
    readonly path: string,
    readonly sizeBytes: number,
  ) {
    this.name = basename(path);
  }

  /** Looks whether the file is there and may be read. @throws Unreadable */
  static async at(path: string): Promise<ImportFile> {
    const name = basename(path);
    try {
      const found = await stat(path);
      if (!found.isFile()) throw new Unreadable(`${path} is no file. Put ${name} there.`);
      await access(path, constants.R_OK);
      return new ImportFile(path, found.size);
    } catch (error) {
      throw error instanceof Unreadable ? error : new Unreadable(`${path} can't be read: ${reasonOf(error)}`);
    }
  }

  /**
   * The rows in the order of the file; reads ahead by one chunk at most.
   *
   * @throws Unreadable when the file holds no rows at all, or can't be read to its end.
   */
  async *rows(): AsyncGenerator<RawRow> {
    try {
      let splitter: RowSplitter | undefined;
      for await (const chunk of createReadStream(this.path) as AsyncIterable<Buffer>) {
        const isFirst = splitter === undefined;
        const skip = isFirst ? this.#markLength(chunk) : 0;
        splitter ??= this.#splitter(skip);
        yield* splitter.push(chunk.subarray(skip));
      }
      yield* (splitter ?? this.#splitter(0)).end();
    } catch (error) {
      if (error instanceof NoRows) throw new Unreadable(`${this.name} ${error.message}.`);
      throw error instanceof Unreadable ? error : new Unreadable(`${this.name} can't be read: ${reasonOf(error)}`);
    }
  }

  /** Reads the start, to see whether there are rows. @throws Unreadable */
  async assertHoldsRows(): Promise<void> {
    const rows = this.rows();
    await rows.next();
    await rows.return(undefined);
  }

  #splitter(startsAt: number): RowSplitter {
    return this.name.endsWith('.jsonl') ? new LineSplitter(startsAt) : new ArraySplitter(startsAt);
  }

  /** A UTF-8 mark is passed over, since some editors insist on it. */
  #markLength(start: Buffer): number {
    if (UTF_16_MARKS.some((mark) => start.subarray(0, mark.length).equals(mark))) {
      throw new Unreadable(`${this.name} is UTF-16. Save it as UTF-8.`);
    }
    return start.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file.';
  if (code === 'EACCES') return 'this user may not read it.';
  return `${message}.`;
}
