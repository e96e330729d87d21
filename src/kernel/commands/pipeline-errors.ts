/** The same things were changed by others on every try. Nothing was stored; asking again is right. */
export class ConcurrencyConflict extends Error {
  readonly code = 'concurrency-conflict';

  constructor(tries: number, cause: unknown) {
    super(`Others changed the same thing during each of ${tries} tries. Nothing was stored; ask again.`, { cause });
  }
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
