import type { Command } from 'commander';
import { Clock } from '#kernel';
import type { Waybill } from '../../boot.js';
import { cli, CliExit, EXIT, withWaybill } from '../cli.js';
import { Unreadable } from './files/import-file.js';
import { openImportFolder, type ImportFolder } from './files/import-folder.js';
import { ImportRun } from './import-run.js';
import { progressOn } from './progress.js';
import { ImportRow } from './import-row.js';
import { DatabaseLost } from './retry-transient-errors.js';

const INTERRUPTED = 130;

/** `waybill import <folder>`: takes products, customers and orders over from another system. */
export function registerImport(program: Command): void {
  program
    .command('import')
    .description('Import products, customers and orders from another system. It can be stopped and repeated.')
    .argument('<folder>', 'contains products.json, customers.json and orders.jsonl (docs/how-to/import-your-data.md)')
    .option('--trim', 'remove leading and trailing spaces; without it, rows that have some are skipped')
    .action(importFolder);
}

interface ImportOptions {
  readonly trim?: boolean;
}

async function importFolder(path: string, options: ImportOptions): Promise<void> {
  const folder = await usable(() => openImportFolder(path));
  await usable(() => withWaybill((waybill, interrupted) => importRow(folder, options, waybill, interrupted)));
}

async function importRow(
  folder: ImportFolder,
  { trim }: ImportOptions,
  { app }: Waybill,
  stop: AbortSignal,
): Promise<void> {
  const totalBytes = folder.products.sizeBytes + folder.customers.sizeBytes + folder.orders.sizeBytes;
  const progress = progressOn(process.stderr, totalBytes);
  const run = new ImportRun({ folder, importRow: new ImportRow(app), progress, stop, now: app.get(Clock).now(), trim });
  let isComplete = false;
  try {
    isComplete = await run.run();
  } finally {
    progress.stop();
    cli.print(run.tally.summary());
  }
  if (!isComplete) throw new CliExit(INTERRUPTED, 'Import stopped before the end. Run it again to import the rest.');
  if (run.tally.bad > 0) throw new CliExit(EXIT.failed, run.tally.advice());
}

/** Ends with the exit code that the error stands for. */
async function usable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unreadable) throw new CliExit(EXIT.usage, error.message);
    if (error instanceof DatabaseLost) throw new CliExit(EXIT.failed, error.message);
    throw error;
  }
}
