import type { Command } from 'commander';
import { SystemStatus } from '../../platform/operations/reports/system-status.js';
import { report } from '../findings.js';
import { looking } from './looking.js';

/** `waybill status`: is everything well? For people, and for whatever watches exit codes. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('Say how the log, its readers and what they hold back are; ends with 1 where somebody must act.')
    .option('--json', 'print it as JSON, with every subscription')
    .action(async ({ json }: { json?: boolean }) => {
      const state = await looking(({ app }) => app.get(SystemStatus, { strict: false }).current());
      report(state.findings, json ? state : undefined);
    });
}
