import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ArraySplitter, NoRows } from './array-splitter.js';
import { BYTE_ORDER_MARK, beginsWith, wrongKind } from './file-kind.js';
import { LineSplitter } from './line-splitter.js';
import type { RawRow, RowSplitter } from './raw-row.js';

/** A folder or file that can't be imported at all. The message says which, why, and what to do. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** One file of an import, read row by row. */
export class ImportFile {
  readonly name: string;

  private constructor(
    readonly path: string,
    readonly sizeBytes: number,
  ) {
    this.name = basename(path);
  }

  /** Checks that the file exists and may be read. @throws Unreadable */
  static async at(path: string): Promise<ImportFile> {
    const name = basename(path);
    try {
      const found = await stat(path);
      if (!found.isFile()) throw new Unreadable(`${path} is not a file. Put ${name} there.`);
      await access(path, constants.R_OK);
      return new ImportFile(path, found.size);
    } catch (error) {
      throw error instanceof Unreadable ? error : new Unreadable(`${path} can't be read: ${reasonOf(error)}`);
    }
  }

  /**
   * The rows in the order of the file; reads ahead by one chunk at most.
   *
   * @throws Unreadable when the file is of another kind, holds no rows at all, or can't be read to its end.
   */
  async *rows(): AsyncGenerator<RawRow> {
    try {
      let splitter: RowSplitter | undefined;
      for await (const chunk of createReadStream(this.path) as AsyncIterable<Buffer>) {
        const skip = splitter === undefined ? this.#inspectStart(chunk) : 0;
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

  /** How many bytes to pass over: a UTF-8 mark, since some editors insist on it. @throws Unreadable */
  #inspectStart(start: Buffer): number {
    const flaw = wrongKind(this.name, start);
    if (flaw !== undefined) throw new Unreadable(`${this.name} ${flaw}.`);
    return beginsWith(start, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'the file does not exist.';
  if (code === 'EACCES') return 'this user has no permission to read it.';
  return `${message}.`;
}
