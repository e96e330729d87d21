import type { Command } from 'commander';
import { SystemStatus } from '../../platform/operations/reports/system-status.js';
import { report } from '../findings.js';
import { withReadOnlyApp } from './read-only-app.js';

/** `waybill status`: is everything well? For people, and for whatever watches exit codes. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description(
      'Print the status of the log, its subscriptions and their dead letters; exits with 1 if an operator must act.',
    )
    .option('--json', 'print JSON, with every subscription')
    .action(async ({ json }: { json?: boolean }) => {
      const state = await withReadOnlyApp(({ app }) => app.get(SystemStatus, { strict: false }).current());
      report(state.findings, json ? state : undefined);
    });
}
