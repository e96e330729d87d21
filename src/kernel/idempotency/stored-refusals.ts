import { StoredRefusal, type ProblemOfRefusal, type Refusal } from '../domain/index.js';
import type { KernelOptions } from '../kernel-options.js';

interface StoredBody {
  readonly code: string;
  readonly message: string;
  readonly facts: Record<string, unknown>;
  readonly problem?: ProblemOfRefusal;
}

/**
 * A refusal as it is stored under an idempotency key: with the status and title that its code has in this release, because
 * the release that answers the repeat may not have the code any more.
 */
export function refusalBody(refusal: Refusal, { problemOfRefusal }: Pick<KernelOptions, 'problemOfRefusal'>): string {
  const { code, message } = refusal;
  const known = problemOfRefusal(code);
  const problem = known && { status: known.status, title: known.title, retryable: known.retryable };
  return JSON.stringify({ code, message, facts: refusal.facts(), problem } satisfies StoredBodyIn);
}

/** The refusal in such a body. */
export function refusalIn(body: string): StoredRefusal {
  const { code, message, facts, problem } = JSON.parse(body) as StoredBody;
  return new StoredRefusal(code, message, facts, problem);
}

type StoredBodyIn = Omit<StoredBody, 'problem'> & { readonly problem: ProblemOfRefusal | undefined };
