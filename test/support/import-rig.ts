import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { boot, type Waybill } from '../../src/boot.js';
import { openImportFolder } from '../../src/cli/import/files/import-folder.js';
import { ImportRun } from '../../src/cli/import/import-run.js';
import { ImportRow } from '../../src/cli/import/import-row.js';
import { KINDS, type Tally } from '../../src/cli/import/tally.js';
import { TemporaryFolder, type Books } from './import-folders.js';

const NOW = new Date('2026-11-23T09:00:00Z');
const never = new AbortController().signal;

export interface Circumstances {
  readonly stop?: AbortSignal;
  /** Called after each row. */
  readonly afterRow?: () => void;
  readonly trim?: boolean;
}

/** A Waybill on a database of its own that takes folders over, and what it reported meanwhile. */
export class ImportRig {
  readonly said: string[] = [];

  private constructor(
    readonly db: FreshDatabase,
    private readonly waybill: Waybill,
  ) {}

  static async open(specUrl: string): Promise<ImportRig> {
    const db = await freshDatabase(specUrl);
    return new ImportRig(
      db,
      await boot(db.configuration, { serves: 'nothing', runSubscriptions: true, logger: false }),
    );
  }

  async close(): Promise<void> {
    await this.waybill.stop();
    await this.db.drop();
  }

  async import(path: string, { stop = never, afterRow, trim }: Circumstances = {}): Promise<Tally> {
    const progress = {
      begin: (): void => undefined,
      advance: (): void => afterRow?.(),
      report: (text: string): void => void this.said.push(text),
      stop: (): void => undefined,
    };
    const folder = await openImportFolder(path);
    const run = new ImportRun({ folder, importRow: new ImportRow(this.waybill.app), progress, stop, now: NOW, trim });
    await run.run();
    return run.tally;
  }

  async importBooks(books: Books, circumstances: Circumstances = {}): Promise<string[]> {
    const folder = TemporaryFolder.of(books);
    try {
      return countsOf(await this.import(folder.path, circumstances));
    } finally {
      folder.discard();
    }
  }
}

/** What isn't zero: `6 products new`. */
export function countsOf(tally: Tally): string[] {
  return KINDS.flatMap((kind) =>
    (['new', 'updated', 'already there', 'bad'] as const)
      .filter((column) => tally.of(kind, column) !== 0)
      .map((column) => `${tally.of(kind, column)} ${kind} ${column}`),
  );
}
