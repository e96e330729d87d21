import 'reflect-metadata';
import { loadConfiguration, type Configuration } from '#config';
import type { Waybill } from './boot.js';
import { openDatabase } from './kernel/database/open-database.js';
import { endOnFaults, endOnSignals, explainedFailure } from './kernel/operations/process-end.js';

/**
 * Starts the server of `npm start`: what it does is up to ROLE and the other settings. Loading the application takes most
 * of a start, so PostgreSQL starts meanwhile.
 */
async function main(): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const configuration = loadConfiguration(say);
  endOnFaults();
  const opening = openDatabase(configuration, say);
  // Whoever awaits it below tells of the failure.
  opening.catch(() => undefined);
  const { boot } = await import('./boot.js');
  const waybill = await boot(configuration, { say, opening });
  endOnSignals(() => waybill.stop(), configuration.shutdown.hardExitMs, say);
  if (isOwnMachine(configuration)) await seed(waybill, say);
  const { welcome } = await import('./welcome.js');
  say(await welcome(waybill, configuration));
}

function isOwnMachine({ database, runtime }: Configuration): boolean {
  return database.embedded && runtime.environment !== 'production' && runtime.role !== 'worker';
}

async function seed(waybill: Waybill, say: (text: string) => void): Promise<void> {
  const { seedProducts } = await import('./seed.js');
  const added = await seedProducts(waybill);
  if (added > 0) say(`The database was empty: ${added} products were added to try things with.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explainedFailure(error)}\n`);
  // Not exitCode alone: what was started half-way must not keep a process that serves nobody.
  process.exit(1);
});
