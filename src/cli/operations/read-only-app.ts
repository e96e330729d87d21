import { userInfo } from 'node:os';
import { cli, withWaybill, type CliWork } from '../cli.js';

/** Runs work that reads or repairs an installation, also while a view must be rebuilt. */
export function withReadOnlyApp<T>(work: CliWork<T>): Promise<T> {
  return withWaybill(work, { toleratesOutdatedViews: true });
}

/** Who works at this terminal, for the audit. */
export function operator(): { id: string } {
  return { id: `cli:${userInfo().username}` };
}

/** Prints a result as JSON where asked for, else as lines. */
export function show(result: unknown, json: boolean | undefined, lines: () => readonly string[]): void {
  if (json) cli.print(JSON.stringify(result, null, 2));
  else for (const line of lines()) cli.print(line);
}
