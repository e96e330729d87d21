import { MAX_INPUT_ERRORS } from './problem-error.js';
import type { ProblemContent } from './error-to-problem.js';
import { registeredProblem, type RegisteredProblem } from './problem-registry.js';

export interface Occurrence {
  /** Where the registry is served, without a slash at the end. */
  readonly publicUrl: string;
  /** UUID that the log knows this answer by. */
  readonly instanceId: string;
  readonly traceId: string;
}

export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text of RFC 9457. */
  readonly body: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * A problem as it goes over the wire. Facts of a refusal become members of their own (`currentVersion`, `quote`), but
 * can't replace the standard ones. `instance` is the request's id, never its path, which may hold anything.
 */
export function problemResponse(
  answer: ProblemContent,
  { publicUrl, instanceId, traceId }: Occurrence,
): ProblemResponse {
  const { status, retryAfterSeconds } = definitionOf(answer);
  const problem = { ...problemMembers(answer, publicUrl), instance: `urn:uuid:${instanceId}`, traceId };
  return {
    status,
    headers: {
      'content-type': PROBLEM_TYPE,
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...answer.headers,
    },
    body: JSON.stringify(problem),
  };
}

/** The members of a problem wherever it is reported: also in an operation, which is no answer of its own. */
export function problemMembers(answer: ProblemContent, publicUrl: string): Record<string, unknown> {
  const { code, title, status, retryable } = definitionOf(answer);
  return {
    ...answer.facts,
    type: `${publicUrl}/problems/${code}`,
    title,
    status,
    detail: answer.detail ?? `${title}.`,
    code,
    ...(answer.errors === undefined ? {} : { errors: answer.errors.slice(0, MAX_INPUT_ERRORS) }),
    retryable,
  };
}

type Definition = Pick<RegisteredProblem, 'code' | 'status' | 'title' | 'retryable' | 'retryAfterSeconds'>;

function definitionOf({ code, unregistered }: ProblemContent): Definition {
  const known = registeredProblem(code);
  if (known === undefined && unregistered !== undefined) return { code, ...unregistered };
  return known ?? registeredProblem('internal')!;
}
