/** The same things were changed by others on every try. Nothing was stored; asking again is right. */
export class ConcurrencyConflict extends Error {
  readonly code = 'concurrency-conflict';

  constructor(tries: number, cause: unknown) {
    super(`Others changed the same thing during each of ${tries} tries. Nothing was stored; ask again.`, { cause });
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

/** Told by its code, as all errors that cross realms. */
export function isAccepted(error: unknown): error is CommandAccepted {
  return error instanceof Error && (error as { code?: unknown }).code === 'command-accepted';
}

/** The database was lost in the middle of a COMMIT and can't be asked whether it happened. */
export class OutcomeUnknown extends Error {
  readonly code = 'outcome-unknown';

  constructor(options?: ErrorOptions) {
    super(
      'The database was lost during the commit; whether it happened is not known. Retry with the same key.',
      options,
    );
  }
}
