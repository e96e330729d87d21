import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';
import { IS_FIRST_OF_KEY } from '../../../../kernel/subscriptions/sql/first-of-key.js';
import { PAUSE_COLUMNS, type PauseColumns } from '../../../../kernel/subscriptions/sql/lock-subscription.js';

export interface SubscriptionRow extends PauseColumns {
  readonly name: string;
  readonly version: number;
  readonly kind: 'inline' | 'async' | 'handler';
  readonly status: 'running' | 'stopped' | 'diverged';
  readonly blocked: number;
  readonly queued: number;
  readonly parked: number;
  /** Queued although they are the first of their key. */
  readonly queuedBehindNothing: number;
  /** Of the subscription itself, else of the event that was held last. */
  readonly lastError: string | null;
  readonly head: number;
}

/** Every subscription that the database knows, by name, with what it holds back. Index: the key of kernel.held_events. */
export async function readSubscriptionRows(on: Queryable): Promise<SubscriptionRow[]> {
  const { rows } = await on.query<SubscriptionRow & { [column: string]: unknown }>({
    text: `SELECT s.name, s.version, s.kind, s.status, ${PAUSE_COLUMNS},
                  h.blocked, h.queued, h.parked, h."queuedBehindNothing",
                  coalesce(s.last_error, h.error) AS "lastError", l.head
             FROM kernel.log_state l, kernel.subscriptions s,
                  LATERAL (SELECT count(*) FILTER (WHERE state = 'blocked')::int AS blocked,
                                  count(*) FILTER (WHERE state = 'queued')::int AS queued,
                                  count(*) FILTER (WHERE state = 'parked')::int AS parked,
                                  count(*) FILTER (WHERE state = 'queued' AND ${IS_FIRST_OF_KEY})::int AS "queuedBehindNothing",
                                  (array_agg(error ORDER BY held_at DESC) FILTER (WHERE error IS NOT NULL))[1] AS error
                             FROM kernel.held_events h WHERE h.subscription = s.name) AS h
            ORDER BY s.name`,
  });
  return rows;
}
