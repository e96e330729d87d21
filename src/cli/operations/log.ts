import type { Command } from 'commander';
import { Pools } from '../../kernel/database/pools.js';
import { LogEpoch } from '../../kernel/event-log/epoch.js';
import { audit } from '../../kernel/audit/sql/audit.js';
import { cli } from '../cli.js';
import { withReadOnlyApp, operator } from './read-only-app.js';

/** `waybill log`: what an operator must declare about the event log, because nothing in the database shows it. */
export function registerLog(program: Command): void {
  const log = program.command('log').description('The event log.');
  log
    .command('begin-epoch')
    .description('Start a new epoch, after a snapshot of the data folder was restored (which Waybill cannot detect).')
    .requiredOption('--reason <text>', 'the reason, stored in the audit log and with the epoch')
    .action(beginEpoch);
}

/** Processes that run notice it within a second: they read everything again, and answer older tokens as of an unknown epoch. */
async function beginEpoch({ reason }: { reason: string }): Promise<void> {
  const { epoch, diverged } = await withReadOnlyApp(async ({ app }) => {
    const begun = await app.get(LogEpoch, { strict: false }).begin(reason);
    const detail = { epoch: begun.epoch, diverged: begun.diverged };
    const act = { by: operator(), reason };
    await audit(app.get(Pools, { strict: false }).app, act, { action: 'log.begin-epoch', subject: 'log', detail });
    return begun;
  });
  cli.report(`Started epoch ${epoch}. Consistency tokens issued before are treated as of an unknown epoch.`);
  if (diverged.length === 0) return;
  cli.report(
    `These subscriptions have processed events that the log no longer contains, and are stopped: ${diverged.join(', ')}. ` +
      'Run npm run waybill -- rebuild <name> for each projection, and npm run waybill -- subscriptions restart <name> ' +
      '--from <beginning|now|position> --reason <why> for each event handler.',
  );
}
