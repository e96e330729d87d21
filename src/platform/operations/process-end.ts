/**
 * How this process ends: by a signal, gracefully; by an uncaught fault, at once. It never continues after one.
 */

/** Errors whose message is written for the operator: their stack would only hide it. */
const EXPLAINED = new Set([
  'ConfigurationRefused',
  'DatabaseRefused',
  'MigrationRefused',
  'EmbeddedServerRefused',
  'DataDirRefused',
  'NoBinaries',
  'ProjectionOutdated',
  'ProjectionUnknown',
]);
/** npm and a terminal may both send one Ctrl-C; a second one later is meant. */
const SAME_SIGNAL_MS = 1_500;

/** The text for an error that ended the start: its message where that says what to do, else with the stack. */
export function explainedFailure(error: unknown): string {
  if (!(error instanceof Error)) return `Waybill could not start: ${String(error)}`;
  if (EXPLAINED.has(error.constructor.name)) return error.message;
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use, perhaps by another Waybill. Stop that process, or set PORT to another port (0: any free port).`;
  }
  return `Waybill could not start.\n${error.stack ?? error.message}`;
}

/** Ctrl-C and SIGTERM stop gracefully, with exit code 0; a second one, or the time limit, ends the process with 1. */
export function endOnSignals(stop: () => Promise<void>, hardExitMs: number, report: (text: string) => void): void {
  let stoppingSince: number | undefined;
  const onSignal = (): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    report('Stopping. Completing the work in progress.');
    setTimeout(() => process.exit(1), hardExitMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Stopping failed. ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/** An unhandled error leaves the process in an unknown state: it is logged, and the process ends. */
export function endOnFaults(): void {
  const end = (kind: string) => (error: unknown) => {
    process.stderr.write(`${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  };
  process.on('unhandledRejection', end('Unhandled promise rejection'));
  process.on('uncaughtException', end('Uncaught error'));
}
