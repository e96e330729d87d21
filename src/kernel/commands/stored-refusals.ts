import { StoredRefusal, type ProblemOfRefusal, type Refusal } from '../domain/index.js';
import { registeredProblem } from '../http/problems/problem-registry.js';

interface StoredBody {
  readonly code: string;
  readonly message: string;
  readonly facts: Record<string, unknown>;
  readonly problem?: ProblemOfRefusal;
}

/** A refusal as it is stored under an idempotency key: with the status and title that its code has in this release, because
 *  the release that answers the repeat may not have the code any more. */
export function refusalBody(refusal: Refusal): string {
  const { code, message } = refusal;
  return JSON.stringify({ code, message, facts: refusal.facts(), problem: problemOf(code) } satisfies StoredBodyIn);
}

/** The refusal in such a body. */
export function refusalIn(body: string): StoredRefusal {
  const { code, message, facts, problem } = JSON.parse(body) as StoredBody;
  return new StoredRefusal(code, message, facts, problem);
}

type StoredBodyIn = Omit<StoredBody, 'problem'> & { readonly problem: ProblemOfRefusal | undefined };

function problemOf(code: string): ProblemOfRefusal | undefined {
  const known = registeredProblem(code);
  return known && { status: known.status, title: known.title, retryable: known.retryable };
}
