import type { Finding } from '../platform/operations/doctor/finding.js';
import { cli, CliExit, EXIT } from './cli.js';

const MARK = { ok: '✔', warning: '⚠', failure: '✖' } as const;

/** One line for what was found, and, indented, what to do about it. */
export function findingLines({ state, what, remedy }: Finding): string[] {
  const [first = '', ...more] = (remedy ?? '').split('\n');
  return [`${MARK[state]} ${what}`, ...(remedy ? [`  → ${first}`, ...more.map((line) => `    ${line}`)] : [])];
}

/**
 * Prints findings, as JSON where asked for.
 * @throws CliExit with 1 where something must be dealt with
 */
export function report(findings: readonly Finding[], json: unknown): void {
  if (json !== undefined) cli.print(JSON.stringify(json, null, 2));
  else for (const finding of findings) for (const line of findingLines(finding)) cli.print(line);
  const failures = findings.filter(({ state }) => state === 'failure').length;
  if (failures === 0) return;
  throw new CliExit(EXIT.failed, `${failures} of ${findings.length} checks failed. See the fixes above.`);
}
