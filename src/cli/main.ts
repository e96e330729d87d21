import 'reflect-metadata';
import { Command, CommanderError } from 'commander';
import { explainedFailure } from '../platform/operations/process-end.js';
import { cli, CliExit, EXIT } from './cli.js';
import { registerDoctor } from './doctor.js';
import { registerImport } from './import/import.js';
import { registerDeadLetters } from './operations/dead-letters.js';
import { registerEffects } from './operations/effects.js';
import { registerEvents } from './operations/events.js';
import { registerLog } from './operations/log.js';
import { registerOperations } from './operations/operations.js';
import { registerStatus } from './operations/status.js';
import { registerSubscriptions } from './operations/subscriptions.js';
import { registerRebuild } from './rebuild.js';
import { registerToken } from './token.js';

/** `npm run waybill -- <command>`: everything that is done to a Waybill from a terminal. */
const program = new Command('waybill')
  .description('Operate Waybill from the command line. It reads the same settings as the server.')
  .exitOverride()
  .showHelpAfterError('Add --help to list the commands.');

const COMMANDS = [
  registerImport,
  registerToken,
  registerStatus,
  registerSubscriptions,
  registerRebuild,
  registerDeadLetters,
  registerEffects,
  registerOperations,
  registerEvents,
  registerLog,
  registerDoctor,
];
for (const register of COMMANDS) register(program);
for (const command of program.commands.flatMap((each) => [each, ...each.commands]))
  command.exitOverride().showHelpAfterError('Add --help to list the commands.');

// Whoever reads our output may have seen enough: `waybill events tail | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own text already; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof CliExit) {
    cli.report(error.message);
    return error.exitCode;
  }
  cli.report(explainedFailure(error));
  return EXIT.failed;
}
