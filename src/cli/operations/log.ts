import type { Command } from 'commander';
import { Pools } from '../../kernel/database/pools.js';
import { LogEpoch } from '../../kernel/event-log/epoch.js';
import { audit } from '../../kernel/audit/sql/audit.js';
import { cli } from '../cli.js';
import { looking, operator } from './looking.js';

/** `waybill log`: what an operator must say of the event log, because nothing in the database shows it. */
export function registerLog(program: Command): void {
  const log = program.command('log').description('The event log as a whole.');
  log
    .command('begin-epoch')
    .description(
      'Begin a new epoch: after a snapshot of the data folder was restored, which looks like the log before it.',
    )
    .requiredOption('--reason <text>', 'why, for the audit and for who reads the epochs')
    .action(beginEpoch);
}

/** Processes that run notice it within a second: they read everything again, and answer older tokens as of an unknown epoch. */
async function beginEpoch({ reason }: { reason: string }): Promise<void> {
  const { epoch, diverged } = await looking(async ({ app }) => {
    const begun = await app.get(LogEpoch, { strict: false }).begin(reason);
    await audit(app.get(Pools, { strict: false }).app, {
      principal: operator().id,
      action: 'log.begin-epoch',
      subject: 'log',
      reason,
      detail: { epoch: begun.epoch, diverged: begun.diverged },
    });
    return begun;
  });
  cli.say(`The log is in epoch ${epoch} now. Tokens given before are answered as of an unknown epoch.`);
  if (diverged.length === 0) return;
  cli.say(
    `These subscriptions have seen events that the log doesn't hold, and stand still: ${diverged.join(', ')}. ` +
      'Run npm run waybill -- rebuild <name> for each projection, and npm run waybill -- subscriptions restart <name> ' +
      '--from <beginning|now|position> --reason <why> for each event handler.',
  );
}
