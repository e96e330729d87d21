import type { Target } from './target.js';

/** Codes of all registered problems, and their status. */
export async function registeredProblems(target: Target): Promise<ReadonlyMap<string, number>> {
  const { body } = await target.ask('GET', '/problems');
  const problems = body['data'] as readonly { readonly code: string; readonly status: number }[];
  return new Map(problems.map(({ code, status }) => [code, status]));
}
