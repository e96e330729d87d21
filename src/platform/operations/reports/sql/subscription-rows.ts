import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';
import { IS_FIRST_OF_KEY } from '../../../../kernel/subscriptions/sql/first-of-key.js';
import { PAUSE_COLUMNS, type PauseColumns } from '../../../../kernel/subscriptions/sql/lock-subscription.js';

export interface SubscriptionRow extends PauseColumns {
  readonly name: string;
  readonly version: number;
  readonly kind: 'inline' | 'async' | 'handler';
  readonly status: 'running' | 'stopped' | 'diverged';
  readonly retrying: number;
  readonly waiting: number;
  readonly deadLettered: number;
  /** Waiting although they are the first of their key. */
  readonly waitingBehindNothing: number;
  /** Of the subscription itself, else of the event that failed last. */
  readonly lastError: string | null;
  readonly head: number;
}

/** Every subscription that the database knows, by name, with its failed events. Index: the key of kernel.failed_events. */
export async function readSubscriptionRows(on: Queryable): Promise<SubscriptionRow[]> {
  const { rows } = await on.query<SubscriptionRow & { [column: string]: unknown }>({
    text: `SELECT s.name, s.version, s.kind, s.status, ${PAUSE_COLUMNS},
                  h.retrying, h.waiting, h."deadLettered", h."waitingBehindNothing",
                  coalesce(s.last_error, h.error) AS "lastError", l.head
             FROM kernel.log_state l, kernel.subscriptions s,
                  LATERAL (SELECT count(*) FILTER (WHERE state = 'retrying')::int AS retrying,
                                  count(*) FILTER (WHERE state = 'waiting')::int AS waiting,
                                  count(*) FILTER (WHERE state = 'dead-lettered')::int AS "deadLettered",
                                  count(*) FILTER (WHERE state = 'waiting' AND ${IS_FIRST_OF_KEY})::int AS "waitingBehindNothing",
                                  (array_agg(error ORDER BY failed_at DESC) FILTER (WHERE error IS NOT NULL))[1] AS error
                             FROM kernel.failed_events h WHERE h.subscription = s.name) AS h
            ORDER BY s.name`,
  });
  return rows;
}
