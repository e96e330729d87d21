import 'reflect-metadata';
import { loadConfiguration, type Configuration } from '#config';
import type { Waybill } from './boot.js';
import { openDatabase, type OpenDatabase } from './platform/database/open-database.js';
import { endOnFaults, endOnSignals, explainedFailure } from './platform/operations/process-end.js';

type Report = (text: string) => void;

/** Starts the server of `npm start`: what it does is up to ROLE and the other settings. */
async function main(): Promise<void> {
  const report: Report = (text) => void process.stdout.write(`${text}\n`);
  const configuration = loadConfiguration(report);
  endOnFaults();
  const starting = start(configuration, report);
  // A start with an embedded server is finished and then stopped, or PostgreSQL would be left running. Any other leaves
  // nothing behind, and a signal ends it at once.
  if (!configuration.database.embedded) await starting;
  endOnSignals(async () => (await starting).stop(), configuration.shutdown.hardExitMs, report);
  await starting;
}

/** Loading the application takes most of a start, so PostgreSQL starts meanwhile. Whatever fails, nothing is left running. */
async function start(configuration: Configuration, report: Report): Promise<Waybill> {
  const opening = openDatabase(configuration, report);
  // The code that awaits it below reports the failure.
  opening.catch(() => undefined);
  const { boot } = await import('./boot.js').catch((error: unknown) => closeAndThrow(opening, error));
  const waybill = await boot(configuration, { report, opening });
  try {
    if (isOwnMachine(configuration)) await seed(waybill, report);
    const { startMessage } = await import('./start-message.js');
    report(await startMessage(waybill, configuration));
    return waybill;
  } catch (error) {
    await waybill.stop();
    throw error;
  }
}

async function closeAndThrow(opening: Promise<OpenDatabase>, error: unknown): Promise<never> {
  const database = await opening.catch(() => undefined);
  await database?.close();
  throw error;
}

function isOwnMachine({ database, runtime }: Configuration): boolean {
  return database.embedded && runtime.environment !== 'production' && runtime.role !== 'worker';
}

async function seed(waybill: Waybill, report: Report): Promise<void> {
  const { seedProducts } = await import('./seed.js');
  const added = await seedProducts(waybill);
  if (added > 0) report(`The database was empty. Added ${added} sample products.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explainedFailure(error)}\n`);
  // Not exitCode alone: what was started half-way must not keep a process that serves no requests.
  process.exit(1);
});
