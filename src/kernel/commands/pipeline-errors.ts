/** The same things were changed by others on every try. Nothing was stored; asking again is right. */
export class ConcurrencyConflict extends Error {
  readonly code = 'concurrency-conflict';

  constructor(tries: number, cause: unknown) {
    super(
      `Concurrent changes of the same data conflicted with each of ${tries} attempts. Nothing was changed. Retry.`,
      { cause },
    );
  }
}

/**
 * The command is stored and will be executed: not a fault, but nothing that its caller could go on with. Thrown where the
 * command's result would be returned, so that no code after it takes an acceptance for a result.
 */
export class CommandAccepted extends Error {
  readonly code = 'command-accepted';

  constructor(readonly operationId: string) {
    super(`The command will be executed as operation ${operationId}.`);
  }
}

/** Recognized by its code, as all errors that cross realms. */
export function isAccepted(error: unknown): error is CommandAccepted {
  return error instanceof Error && (error as { code?: unknown }).code === 'command-accepted';
}

/** The database was lost in the middle of a COMMIT and can't be asked whether it happened. */
export class OutcomeUnknown extends Error {
  readonly code = 'outcome-unknown';

  constructor(options?: ErrorOptions) {
    super(
      'The database connection was lost during the commit, so the outcome is unknown. Retry with the same Idempotency-Key.',
      options,
    );
  }
}
