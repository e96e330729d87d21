/**
 * A rejection by a business rule. A refusal has a stable code, facts as fields and a sentence with the remedy. It is the
 * caller's answer (4xx): never retried, no stack in the log, stored and replayed under an idempotency key.
 * Anything else that is thrown is a fault.
 */
export abstract class Refusal extends Error {
  /** `<context>.<what-in-kebab>`; permanent, because clients branch on it. */
  abstract readonly code: string;

  /** What the client may know about it: the own fields, which must be JSON-safe. */
  facts(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this).filter(([name]) => name !== 'code'));
  }
}

/** The thing isn't there, or isn't the caller's: both are refused alike on purpose. */
export class NotFound extends Refusal {
  override readonly code = 'not-found';
}

/** The caller named a version (If-Match) that is no longer the current one. */
export class VersionMismatch extends Refusal {
  override readonly code = 'version-mismatch';

  constructor(readonly currentVersion: number) {
    super(`The resource was changed and is now at version ${currentVersion}. Read it again, then retry the change.`);
  }
}

/** What a client receives about a refusal's code. */
export interface ProblemOfRefusal {
  /** HTTP status. */
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

/** A refusal as it was stored under an idempotency key, raised again for the repeat. */
export class StoredRefusal extends Refusal {
  readonly #facts: Record<string, unknown>;

  constructor(
    override readonly code: string,
    message: string,
    facts: Record<string, unknown>,
    /** Of its code when it was stored; undefined where the code had none. */
    readonly storedProblem?: ProblemOfRefusal,
  ) {
    super(message);
    this.#facts = facts;
  }

  override facts(): Record<string, unknown> {
    return this.#facts;
  }
}

/** Recognized by its shape, not by `instanceof`: refusals cross stored results, processes and test realms. */
export function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof Error &&
    typeof (error as { code?: unknown }).code === 'string' &&
    typeof (error as { facts?: unknown }).facts === 'function'
  );
}
