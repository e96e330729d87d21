import type { Queryable } from '../../event-log/sql/queryable.js';
import type { FailedEventCounts } from '../../messages/message-context.js';

/** Counts the rows of a subselect `failed (state)`. */
const COUNT_FAILED = `count(*) FILTER (WHERE failed.state = 'retrying')::int AS retrying,
  count(*) FILTER (WHERE failed.state = 'waiting')::int AS waiting, count(*) FILTER (WHERE failed.state = 'dead-lettered')::int AS "deadLettered"`;

/**
 * Failed events of each of some subscriptions, those with nothing left out. Without a name on purpose: a plan that was made while the
 * table was empty would read all of it for each subscription. Index: the primary key of kernel.failed_events.
 */
export async function countFailedEvents(
  on: Queryable,
  subscriptions: readonly string[],
): Promise<ReadonlyMap<string, FailedEventCounts>> {
  const { rows } = await on.query<{ subscription: string } & FailedEventCounts>({
    text: `SELECT s.name AS subscription, h.*
             FROM unnest($1::text[]) AS s (name),
                  LATERAL (SELECT ${COUNT_FAILED} FROM (SELECT e.state FROM kernel.failed_events e
                                                       WHERE e.subscription = s.name LIMIT 1000) AS failed) AS h
            WHERE h.retrying + h.waiting + h."deadLettered" > 0`,
    values: [subscriptions],
  });
  return new Map(rows.map(({ subscription, ...counts }) => [subscription, counts]));
}

/** A row's key, or the beginning of the keys of several rows; and the partitions in which they are. */
export interface FailedEventsKey {
  readonly subscription: string;
  readonly key: string;
  readonly isPrefix: boolean;
  /** Undefined: any. */
  readonly partition: number | undefined;
}

/**
 * Failed events of a key: under the key itself, or because its partition stands before an event that may touch it. Index: the
 * primary key of kernel.failed_events, and ix_failed_events_unreadable. Only asked where a view has failed events at all.
 */
export async function countFailedEventsOf(on: Queryable, of: FailedEventsKey): Promise<FailedEventCounts> {
  const { rows } = await on.query<FailedEventCounts & { [column: string]: unknown }>({
    name: 'kernel_count_failed_events_of',
    text: `SELECT ${COUNT_FAILED} FROM (
             SELECT h.state FROM kernel.failed_events h
              WHERE h.subscription = $1
                AND h.blocks = 'key' AND CASE WHEN $3 THEN starts_with(h.key, $2) ELSE h.key = $2 END
             UNION ALL
             SELECT h.state FROM kernel.failed_events h
              WHERE h.subscription = $1 AND h.is_unreadable AND h.blocks = 'partition' AND h.partition = coalesce($4, h.partition)
             LIMIT 1000) AS failed`,
    values: [of.subscription, of.key, of.isPrefix, of.partition ?? null],
  });
  return rows[0]!;
}

/** Is this event (`kernel.events.id`), or another one of its command, failed in any subscription? Indexes:
 *  ix_events_correlation_id, ix_failed_events_event_id. */
export async function hasFailedEvents(on: Queryable, eventId: number): Promise<boolean> {
  const { rowCount } = await on.query({
    name: 'kernel_has_failed_events',
    text: `SELECT FROM kernel.failed_events h
            WHERE h.event_id = ANY (ARRAY(SELECT $1::bigint UNION ALL
              SELECT e.id FROM kernel.events l JOIN kernel.events e
                  ON e.meta->>'correlationId' = l.meta->>'correlationId' AND e.meta->>'commandId' = l.meta->>'commandId'
               WHERE l.id = $1)) LIMIT 1`,
    values: [eventId],
  });
  return rowCount === 1;
}
