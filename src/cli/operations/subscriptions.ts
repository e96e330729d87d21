import { InvalidArgumentError, type Command } from 'commander';
import { counted } from '../../platform/operations/counted.js';
import type { SubscriptionReport } from '../../platform/operations/reports/subscription-report.dto.js';
import { SubscriptionReports } from '../../platform/operations/reports/subscription-reports.js';
import { Repartition } from '../../kernel/subscriptions/repartition.js';
import { SubscriptionPause } from '../../kernel/subscriptions/subscription-pause.js';
import { SubscriptionRestart, type RestartFrom } from '../../kernel/subscriptions/restart.js';
import { CliExit, EXIT, cli, type CliWork } from '../cli.js';
import { age, moment, pairs, table } from '../layout.js';
import { withReadOnlyApp, operator, show } from './read-only-app.js';

interface Asked {
  readonly json?: boolean;
}

/** `waybill subscriptions`: what takes effect from the log, and who runs it. */
export function registerSubscriptions(program: Command): void {
  const subscriptions = program
    .command('subscriptions')
    .description('Subscriptions: projections and event handlers that follow the log.');
  subscriptions
    .command('list', { isDefault: true })
    .description('List subscriptions with their progress and dead letters.')
    .option('--json', 'print JSON, with partitions')
    .action(list);
  subscriptions
    .command('show')
    .description('Show one subscription with its partitions and their owners.')
    .argument('<name>', 'for example ordering.order-search')
    .option('--json', 'print JSON')
    .action(showOne);
  subscriptions
    .command('repartition')
    .description('Change the number of partitions of a paused subscription.')
    .argument('<name>', 'for example ordering.order-search')
    .argument('<partitions>', 'from 1 to 256', wholeNumber)
    .option('--reason <text>', 'the reason, stored in the audit log')
    .action(repartition);
  subscriptions
    .command('pause')
    .description('Pause a subscription on all replicas until it is resumed.')
    .argument('<name>', 'for example ordering.order-search')
    .requiredOption('--reason <text>', 'the reason, stored in the audit log and shown with the pause')
    .action(pause);
  subscriptions
    .command('resume')
    .description('Resume a paused subscription where it stands.')
    .argument('<name>', 'for example ordering.order-search')
    .option('--reason <text>', 'the reason, stored in the audit log')
    .action(resume);
  subscriptions
    .command('restart')
    .description('Restart an event handler at a position, for example after a restore. Rebuild projections instead.')
    .argument('<name>', 'for example notifications.notify-order-placed')
    .requiredOption('--from <place>', 'beginning, now, or the position of the first event to handle', placeOf)
    .requiredOption('--reason <text>', 'the reason, stored in the audit log')
    .action(restart);
}

const REFUSED = new Set(['subscription-unknown', 'restart-refused', 'pause-refused', 'repartition-refused']);

const all = (): Promise<SubscriptionReport[]> =>
  withReadOnlyApp(({ app }) => app.get(SubscriptionReports, { strict: false }).all());

async function list({ json }: Asked): Promise<void> {
  const reports = await all();
  show(reports, json, () =>
    table(reports, [
      { title: 'SUBSCRIPTION', of: ({ name }) => name },
      { title: 'KIND', of: ({ kind }) => kind },
      { title: 'STATUS', of: statusOf },
      { title: 'POSITION', of: ({ position }) => position, isNumber: true },
      { title: 'BEHIND', of: ({ behind }) => behind, isNumber: true },
      { title: 'LAG', of: ({ lagSeconds }) => age(lagSeconds), isNumber: true },
      { title: 'OWNED', of: ownedOf, isNumber: true },
      { title: 'FAILED EVENTS', of: failedOf },
    ]),
  );
}

async function showOne(name: string, { json }: Asked): Promise<void> {
  const report = (await all()).find((each) => each.name === name);
  if (report === undefined) throw new CliExit(EXIT.failed, `No subscription ${name}. See: waybill subscriptions`);
  show(report, json, () => [...summary(report), '', ...partitionsOf(report)]);
}

async function repartition(name: string, partitions: number, { reason }: { reason?: string }): Promise<void> {
  await acted(({ app }) => app.get(Repartition, { strict: false }).to(name, partitions, { by: operator(), reason }));
  cli.report(`${name} now has ${counted(partitions, 'partition')}. Resume it: waybill subscriptions resume ${name}`);
}

async function pause(name: string, { reason }: { reason: string }): Promise<void> {
  const { pausedAt, pausedBy, ...paused } = await acted(({ app }) =>
    app.get(SubscriptionPause, { strict: false }).pause(name, { by: operator(), reason }),
  );
  cli.report(`${name} is paused since ${pausedAt} by ${pausedBy}: ${paused.reason}`);
}

async function resume(name: string, { reason }: { reason?: string }): Promise<void> {
  const { wasPaused } = await acted(({ app }) =>
    app.get(SubscriptionPause, { strict: false }).resume(name, { by: operator(), reason }),
  );
  cli.report(wasPaused ? `${name} is resumed.` : `${name} was not paused.`);
}

async function restart(name: string, { from, reason }: { from: RestartFrom; reason: string }): Promise<void> {
  const { position } = await acted(({ app }) =>
    app.get(SubscriptionRestart, { strict: false }).restart(name, from, { by: operator(), reason }),
  );
  cli.report(`${name} continues after position ${position.toLocaleString('en')}.`);
}

/** What an operator does; a refusal is printed as its sentence, without a stack. */
function acted<T>(work: CliWork<T>): Promise<T> {
  return withReadOnlyApp((waybill, interrupted) =>
    work(waybill, interrupted).catch((error: Error & { code?: string }) => {
      throw REFUSED.has(error.code ?? '') ? new CliExit(EXIT.failed, error.message) : error;
    }),
  );
}

function summary(report: SubscriptionReport): string[] {
  return pairs({
    Name: report.name,
    Kind: report.kind,
    Status: statusOf(report),
    Paused: report.paused && `${moment(report.paused.at)} by ${report.paused.by}: ${report.paused.reason}`,
    Version: report.version,
    Position: `${report.position.toLocaleString('en')} of ${report.head.toLocaleString('en')}`,
    Lag: age(report.lagSeconds),
    'Failed events': failedOf(report),
    'Last error': report.lastError,
  });
}

function partitionsOf({ kind, partitions }: SubscriptionReport): string[] {
  if (kind === 'inline') return ['Inline: written in the commit of each command, so it has no partitions and no lag.'];
  return table(partitions, [
    { title: 'PARTITION', of: ({ partition }) => partition, isNumber: true },
    { title: 'POSITION', of: ({ position }) => position, isNumber: true },
    { title: 'BEHIND', of: ({ behind }) => behind, isNumber: true },
    { title: 'FENCE', of: ({ fence }) => fence, isNumber: true },
    { title: 'MOVED (UTC)', of: ({ movedAt }) => moment(movedAt) },
    {
      title: 'LEASE ENDS',
      of: ({ leaseExpiresAt }) => (leaseExpiresAt === null ? '–' : moment(leaseExpiresAt).slice(11, 19)),
    },
    { title: 'OWNER', of: ({ owner }) => owner ?? '–' },
  ]);
}

function statusOf({ status, isDeclared, paused }: SubscriptionReport): string {
  if (!isDeclared) return 'not in code';
  return status === 'running' && paused !== null ? 'paused' : status;
}

function ownedOf({ kind, partitions }: SubscriptionReport): string {
  if (kind === 'inline') return '–';
  const owned = partitions.filter(
    ({ leaseExpiresAt }) => leaseExpiresAt !== null && Date.parse(leaseExpiresAt) > Date.now(),
  );
  return `${owned.length}/${partitions.length}`;
}

function failedOf({ failedEvents: { retrying, waiting, deadLettered } }: SubscriptionReport): string {
  const counts = Object.entries({ deadLettered, retrying, waiting }).filter(([, count]) => count > 0);
  return counts.length === 0 ? '–' : counts.map(([state, count]) => `${count} ${state}`).join(', ');
}

function placeOf(text: string): RestartFrom {
  if (text === 'beginning' || text === 'now') return text;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError('Invalid place. Use beginning, now, or a position.');
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Invalid number. Use a whole number.');
  return Number(text);
}
