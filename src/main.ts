import 'reflect-metadata';
import { loadConfiguration, type Configuration } from '#config';
import { boot, type Waybill } from './boot.js';
import { endOnFaults, endOnSignals, explainedFailure } from './kernel/operations/process-end.js';
import { seedProducts } from './seed.js';
import { welcome } from './welcome.js';

/** Starts the server of `npm start`: what it does is up to ROLE and the other settings. */
async function main(): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const configuration = loadConfiguration();
  endOnFaults();
  const waybill = await boot(configuration, { say });
  endOnSignals(() => waybill.stop(), configuration.shutdown.hardExitMs, say);
  if (isOwnMachine(configuration)) await seed(waybill, say);
  say(await welcome(waybill, configuration));
}

function isOwnMachine({ database, runtime }: Configuration): boolean {
  return database.embedded && runtime.environment !== 'production' && runtime.role !== 'worker';
}

async function seed(waybill: Waybill, say: (text: string) => void): Promise<void> {
  const added = await seedProducts(waybill);
  if (added > 0) say(`The database was empty: ${added} products were added to try things with.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explainedFailure(error)}\n`);
  // Not exitCode alone: what was started half-way must not keep a process that serves nobody.
  process.exit(1);
});
