import { restartAdvice } from '../../../kernel/subscriptions/restart.js';
import { counted } from '../counted.js';
import { failure, ok, warning, type Finding } from '../doctor/finding.js';
import type { LogReport } from './log-report.dto.js';
import type { FailingWork } from './sql/failing-work.js';
import type { SubscriptionReport } from './subscription-report.dto.js';

/** Above these limits the status is a warning or a failure. */
const OLD_TRANSACTION_S = 60;
const LAG_S = 60;
const UNREAD_EVENTS = 10_000;

/** What the reports mean: what is well, what should be checked, and how. */
export function assess(
  log: LogReport,
  subscriptions: readonly SubscriptionReport[],
  now: Date,
  failingWork: readonly FailingWork[] = [],
): Finding[] {
  const readers = subscriptions.filter(({ kind, isDeclared }) => kind !== 'inline' && isDeclared);
  const active = readers.filter(({ paused }) => paused === null);
  return [
    ofLog(log),
    ofTransactions(log),
    ofWorkers(active, now),
    ofLag(active),
    ...ofPauses(readers),
    ...ofStates(readers),
    ...ofFailedEvents(subscriptions),
    ...ofWaitingBehindNothing(subscriptions),
    ...failingWork.flatMap(ofWork),
    ...ofForgotten(subscriptions),
  ];
}

function ofLog({ head, gaps, eventsNotSequenced }: LogReport): Finding {
  const what = `The log has ${counted(head, 'event')}, ${eventsNotSequenced.toLocaleString('en')} without a position, ${counted(gaps, 'gap')}`;
  if (eventsNotSequenced < UNREAD_EVENTS) return ok(what);
  return warning(what, 'No worker reads the log. Start one (ROLE=worker or all), or see the log of the one that runs.');
}

function ofTransactions({ oldestTransactionSeconds: age, seesAllTransactions }: LogReport): Finding {
  const partial = seesAllTransactions ? '' : ', as far as may be seen';
  const what = `The oldest transaction is ${Math.round(age)} s old${partial}`;
  if (age < OLD_TRANSACTION_S) return ok(what);
  return warning(
    what,
    'Find it in pg_stat_activity by xact_start, or in pg_prepared_xacts, and end it: it holds up vacuum.',
  );
}

function ofWorkers(readers: readonly SubscriptionReport[], now: Date): Finding {
  const partitions = readers.flatMap((reader) => reader.partitions);
  const owned = partitions.filter(
    ({ leaseExpiresAt }) => leaseExpiresAt !== null && Date.parse(leaseExpiresAt) > now.getTime(),
  );
  const replicas = new Set(owned.map(({ owner }) => owner)).size;
  const what = `${counted(replicas, 'replica')} ${replicas === 1 ? 'works' : 'work'} on ${owned.length} of ${counted(partitions.length, 'partition')}`;
  if (owned.length === partitions.length) return ok(what);
  if (replicas === 0) return failure(what, 'Start a worker: npm start, or with ROLE=worker beside an api.');
  return warning(what, 'Check again in 15 s: by then other replicas own the partitions of one that ended.');
}

function ofLag(readers: readonly SubscriptionReport[]): Finding {
  const late = readers.filter(({ lagSeconds }) => lagSeconds > LAG_S);
  if (late.length === 0) return ok(`No subscription of ${readers.length} lags by ${LAG_S} s or more`);
  const worst = late.toSorted((one, other) => other.lagSeconds - one.lagSeconds)[0]!;
  return warning(
    `${counted(late.length, 'subscription')} ${late.length === 1 ? 'lags' : 'lag'}, ${worst.name} by ${Math.round(worst.lagSeconds)} s`,
    'See waybill subscriptions; more workers help where all of their processors are busy.',
  );
}

function ofStates(readers: readonly SubscriptionReport[]): Finding[] {
  return readers
    .filter(({ status }) => status !== 'running')
    .map(({ name, status, kind }) =>
      failure(
        status === 'diverged' ? `${name} has processed events that this log does not contain` : `${name} is stopped`,
        kind === 'handler' ? `Restart it: ${restartAdvice(name)}` : `Rebuild it: npm run waybill -- rebuild ${name}`,
      ),
    );
}

function ofPauses(readers: readonly SubscriptionReport[]): Finding[] {
  return readers.flatMap(({ name, paused, behind }) => {
    if (paused === null) return [];
    const { at, by, reason } = paused;
    return [
      warning(
        `${name} is paused since ${at} by ${by} (${reason}), and ${counted(behind, 'event')} behind`,
        `Resume it: npm run waybill -- subscriptions resume ${name}`,
      ),
    ];
  });
}

function ofFailedEvents(subscriptions: readonly SubscriptionReport[]): Finding[] {
  return subscriptions.flatMap(({ name, failedEvents: { retrying, waiting, deadLettered } }) => {
    if (retrying + deadLettered === 0) return [];
    const what = `${name} has ${counted(deadLettered + retrying + waiting, 'failed event')}: ${deadLettered} dead-lettered, ${retrying} retrying, ${waiting} waiting`;
    const remedy = `npm run waybill -- dead-letters list --subscription ${name}`;
    return deadLettered > 0 ? [failure(what, remedy)] : [warning(what, `They are retried automatically. ${remedy}`)];
  });
}

/** A protocol between workers and operators has failed: it must be seen, whatever the cause. */
function ofWaitingBehindNothing(subscriptions: readonly SubscriptionReport[]): Finding[] {
  return subscriptions
    .filter(({ waitingBehindNothing }) => waitingBehindNothing > 0)
    .map(({ name, waitingBehindNothing }) =>
      failure(
        `${name} has ${counted(waitingBehindNothing, 'event')} waiting without a failed event before them`,
        `Retry them: npm run waybill -- dead-letters retry --subscription ${name}`,
      ),
    );
}

/** Nothing in the log or its readers shows what fails after a commit, such as a mail server that refuses everything. */
function ofWork({ work, name, deadLettered, retried }: FailingWork): Finding[] {
  const isEffect = work === 'effect';
  const thing = isEffect ? 'call' : 'stored command';
  const list = isEffect ? `effects list --kind ${name} --state` : 'operations list';
  const findings: Finding[] = [];
  if (deadLettered > 0) {
    const remedy = `See npm run waybill -- ${list}${isEffect ? ' dead-lettered' : ''}, fix the cause`;
    const again = isEffect ? `npm run waybill -- effects retry --kind ${name}` : 'retry each (operations retry)';
    findings.push(
      failure(
        `${name}: ${counted(deadLettered, thing)} dead-lettered after too many failed attempts`,
        `${remedy}, then ${again}`,
      ),
    );
  }
  if (retried > 0) {
    const remedy = `npm run waybill -- ${list}${isEffect ? ' pending' : ''}`;
    findings.push(warning(`${name}: ${counted(retried, thing)} failed`, `Retried automatically. ${remedy}`));
  }
  return findings;
}

function ofForgotten(subscriptions: readonly SubscriptionReport[]): Finding[] {
  return subscriptions
    .filter(({ isDeclared }) => !isDeclared)
    .map(({ name }) =>
      warning(
        `${name} is in the database, but not in this release`,
        'It belongs to another release. No action is needed.',
      ),
    );
}
