/** One thing that is wrong with a request. */
export interface InputError {
  /** JSON pointer into the body (`/lines/0/sku`), `query:<name>` or `header:<name>`. */
  readonly pointer: string;
  /** The rule that was broken, in kebab-case. */
  readonly code: string;
  /** A sentence for people; never repeats what was sent. */
  readonly detail: string;
}

/** At most so many errors are listed in one answer: enough to correct a form, too few to be an amplifier. */
export const MAX_INPUT_ERRORS = 20;

/** What the HTTP side itself refuses. Domain rules throw a `Refusal` instead. */
export class ProblemError extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly more: {
      readonly errors?: readonly InputError[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.name = 'ProblemError';
  }
}

/** A 400 that points at one place of the request: for rules across fields, which no decorator can check. */
export function invalidInput(pointer: string, code: string, detail: string): ProblemError {
  return invalidInputs([{ pointer, code, detail }]);
}

/** A 400 that points at several places; the first 20 are answered. */
export function invalidInputs(errors: readonly InputError[]): ProblemError {
  const first = errors[0];
  const detail =
    errors.length === 1 && first !== undefined
      ? first.detail
      : 'Several fields of the request are invalid. See errors.';
  return new ProblemError('validation-failed', detail, { errors: errors.slice(0, MAX_INPUT_ERRORS) });
}
