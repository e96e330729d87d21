import { Gauge, type Registry } from 'prom-client';
import type { Pools } from '../../../kernel/database/pools.js';
import type { LogReports } from '../reports/log-reports.js';
import type { SubscriptionReport } from '../reports/subscription-report.dto.js';
import type { SubscriptionReports } from '../reports/subscription-reports.js';
import { countOpenWork } from './sql/open-work.js';

const STATES = [
  ['retrying', 'retrying'],
  ['waiting', 'waiting'],
  ['deadLettered', 'dead-lettered'],
] as const;

/** What the database reports: the same from every process, so take the maximum over replicas, never the sum. */
export class DatabaseMetrics {
  readonly #gauges: ReturnType<typeof gaugesIn>;

  constructor(
    registry: Registry,
    private readonly from: {
      readonly pools: Pools;
      readonly log: LogReports;
      readonly subscriptions: SubscriptionReports;
    },
  ) {
    this.#gauges = gaugesIn(registry);
  }

  /** Where the database doesn't answer, its gauges are left out and `waybill_database_up` is 0. */
  async collect(): Promise<void> {
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    try {
      const { log, subscriptions, pools } = this.from;
      this.#setLog(await log.current());
      for (const report of await subscriptions.all()) this.#setSubscription(report);
      for (const { work, name, state, count } of await countOpenWork(pools.app))
        this.#gauges.openWork.set({ work, name, state }, count);
      this.#gauges.up.set(1);
    } catch {
      for (const gauge of Object.values(this.#gauges)) gauge.reset();
      this.#gauges.up.set(0);
    }
  }

  #setLog(log: Awaited<ReturnType<LogReports['current']>>): void {
    const { head, gaps, notSequenced, oldestTransaction } = this.#gauges;
    head.set(log.head);
    gaps.set(log.gaps);
    notSequenced.set(log.eventsNotSequenced);
    oldestTransaction.set(log.oldestTransactionSeconds);
  }

  /** A subscription that the code has given up stands still for ever; its lag would only hide others'. */
  #setSubscription({
    name,
    isDeclared,
    paused,
    lagSeconds,
    behind,
    failedEvents,
    partitions,
  }: SubscriptionReport): void {
    for (const [count, state] of STATES) this.#gauges.failed.set({ subscription: name, state }, failedEvents[count]);
    if (!isDeclared) return;
    this.#gauges.lag.set({ subscription: name }, lagSeconds);
    this.#gauges.behind.set({ subscription: name }, behind);
    this.#gauges.paused.set({ subscription: name }, paused === null ? 0 : 1);
    const idle = partitions.filter(
      ({ leaseExpiresAt }) => Date.parse(leaseExpiresAt ?? '') < Date.now() || !leaseExpiresAt,
    );
    this.#gauges.unowned.set({ subscription: name }, paused === null ? idle.length : 0);
  }
}

function gaugesIn(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
    new Gauge({ name: `waybill_${name}`, help, labelNames, registers: [registry] });
  return {
    up: gauge('database_up', '1 while the database answers.'),
    head: gauge('log_head', 'The highest position of the event log.'),
    gaps: gauge('log_gaps', 'Ids below the highest one that are not visible: commits under way, or rolled back.'),
    notSequenced: gauge(
      'log_events_not_sequenced',
      'Committed events without a position. Many for long: no worker reads the log.',
    ),
    oldestTransaction: gauge('oldest_transaction_seconds', 'Age of the oldest open transaction of the server.'),
    lag: gauge(
      'subscription_lag_seconds',
      'Age of the oldest event that is not visible in the view or not handled yet.',
      'subscription',
    ),
    behind: gauge('subscription_behind_events', 'Positions that the subscription has not processed.', 'subscription'),
    paused: gauge('subscription_paused', '1 while an operator has paused the subscription.', 'subscription'),
    unowned: gauge(
      'subscription_unowned_partitions',
      'Partitions that no live replica works on; 0 while the subscription is paused.',
      'subscription',
    ),
    failed: gauge(
      'failed_events',
      'Events that could not be processed. Dead-lettered ones need an operator.',
      'subscription',
      'state',
    ),
    openWork: gauge('open_work', 'Stored commands and effects that have not ended.', 'work', 'name', 'state'),
  };
}
