/** What a client can read about one problem code at `/problems/<code>`. */
export interface ProblemDefinition {
  /** HTTP status. */
  readonly status: number;
  /** The same words for every occurrence; no full stop. */
  readonly title: string;
  /** When this is answered. */
  readonly meaning: string;
  /** What the caller can do about it. */
  readonly remedy: string;
  /** May the very same request succeed later? Default: false. */
  readonly retryable?: boolean;
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

export interface RegisteredProblem extends ProblemDefinition {
  readonly code: string;
  readonly retryable: boolean;
}

const CODE = /^(?:[a-z][a-z0-9-]*\.)?[a-z][a-z0-9-]*$/;
const registry = new Map<string, RegisteredProblem>();

/**
 * Registers the problem codes of the kernel or of one context. A refusal whose code is registered is answered with that
 * status; an unregistered one is a fault (500), unless it was stored: then it is answered as it was.
 *
 * @throws Error when a code is malformed, isn't a 4xx or 5xx, or was registered with another meaning.
 */
export function defineProblems(definitions: Readonly<Record<string, ProblemDefinition>>): void {
  for (const [code, definition] of Object.entries(definitions)) {
    const problem = { ...definition, code, retryable: definition.retryable ?? false };
    assertSound(problem);
    registry.set(code, problem);
  }
}

/** The registered problem of a code, if it is one. */
export function registeredProblem(code: string): RegisteredProblem | undefined {
  return registry.get(code);
}

/** Every registered problem, sorted by code. */
export function registeredProblems(): RegisteredProblem[] {
  return [...registry.values()].toSorted((one, other) => (one.code < other.code ? -1 : 1));
}

function assertSound(problem: RegisteredProblem): void {
  if (!CODE.test(problem.code)) {
    throw new Error(`'${problem.code}' can't be a problem code. Write '<context>.<what-in-kebab>'.`);
  }
  if (!Number.isInteger(problem.status) || problem.status < 400 || problem.status > 599) {
    throw new Error(`The problem '${problem.code}' has status ${problem.status}. Give it a status from 400 to 599.`);
  }
  const known = registry.get(problem.code);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(problem)) {
    throw new Error(`The problem code '${problem.code}' is defined twice, with two meanings. Rename one of them.`);
  }
}
