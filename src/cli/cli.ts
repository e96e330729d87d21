import { loadConfiguration, type Configuration } from '#config';
import { boot, type BootOptions, type Waybill } from '../boot.js';
import { createLogger } from '../platform/operations/logger.js';

/** Exit codes of every subcommand. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
const INTERRUPTED = 130;
/** How long work may take to notice that it was interrupted. */
const GRACE_MS = 10_000;

/** Ends a subcommand with a code and a text on stderr, without a stack. */
export class CliExit extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** What subcommands share: results go to stdout, everything else to stderr, so that a result can be piped. */
export const cli = {
  print: (line: string): void => {
    process.stdout.write(`${line}\n`);
  },

  report: (line: string): void => {
    process.stderr.write(`${line}\n`);
  },

  /** Warnings about settings go to stderr unless the caller passes `warn`. */
  configuration(warn?: (warning: string) => void): Configuration {
    return loadConfiguration(warn ?? cli.report);
  },
};

export type CliWork<T> = (waybill: Waybill, interrupted: AbortSignal) => Promise<T>;

/**
 * Runs `work` in a Waybill of its own, without HTTP, beside a server or without one, and stops it afterwards. Ctrl-C and
 * SIGTERM abort `interrupted`; work that ends within ten seconds ends in order. Without subscriptions unless asked for.
 */
export async function withWaybill<T>(work: CliWork<T>, options: BootOptions = {}): Promise<T> {
  const configuration = cli.configuration();
  const logger = createLogger(configuration, 'stderr');
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (!interruption.signal.aborted) setTimeout(() => process.exit(INTERRUPTED), GRACE_MS).unref();
    interruption.abort(new CliExit(INTERRUPTED, 'Interrupted.'));
  };
  // From before the start: an embedded server that it brings up must be stopped, too.
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const usual = { serves: 'nothing', runSubscriptions: false, report: cli.report, logger } as const;
    const waybill = await boot(configuration, { ...usual, ...options });
    try {
      interruption.signal.throwIfAborted();
      return await work(waybill, interruption.signal);
    } finally {
      await waybill.stop();
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
