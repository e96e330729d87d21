import type { Queryable } from '../../event-log/sql/queryable.js';
import type { HeldCounts } from '../../messages/message-context.js';

/** Counts the rows of a subselect `held (state)`. */
const COUNT_HELD = `count(*) FILTER (WHERE held.state = 'blocked')::int AS blocked,
  count(*) FILTER (WHERE held.state = 'queued')::int AS queued, count(*) FILTER (WHERE held.state = 'parked')::int AS parked`;

/**
 * What each of some subscriptions holds, those with nothing left out. Without a name on purpose: a plan that was made while the
 * table was empty would read all of it for each subscription. Index: the primary key of kernel.held_events.
 */
export async function countHeld(
  on: Queryable,
  subscriptions: readonly string[],
): Promise<ReadonlyMap<string, HeldCounts>> {
  const { rows } = await on.query<{ subscription: string } & HeldCounts>({
    text: `SELECT s.name AS subscription, h.*
             FROM unnest($1::text[]) AS s (name),
                  LATERAL (SELECT ${COUNT_HELD} FROM (SELECT e.state FROM kernel.held_events e
                                                       WHERE e.subscription = s.name LIMIT 1000) AS held) AS h
            WHERE h.blocked + h.queued + h.parked > 0`,
    values: [subscriptions],
  });
  return new Map(rows.map(({ subscription, ...counts }) => [subscription, counts]));
}

/** A row's key, or the beginning of the keys of several rows; and the partitions in which they are. */
export interface HeldKey {
  readonly subscription: string;
  readonly key: string;
  readonly isPrefix: boolean;
  /** Undefined: any. */
  readonly partition: number | undefined;
}

/**
 * What is held of a key: by the key itself, or because its partition stands before an event that may touch it. Index: the
 * primary key of kernel.held_events, and ix_held_events_unreadable. Only asked where a view holds anything at all.
 */
export async function countHeldOf(on: Queryable, of: HeldKey): Promise<HeldCounts> {
  const { rows } = await on.query<HeldCounts & { [column: string]: unknown }>({
    name: 'kernel_count_held_of',
    text: `SELECT ${COUNT_HELD} FROM (
             SELECT h.state FROM kernel.held_events h
              WHERE h.subscription = $1
                AND h.holds = 'key' AND CASE WHEN $3 THEN starts_with(h.key, $2) ELSE h.key = $2 END
             UNION ALL
             SELECT h.state FROM kernel.held_events h
              WHERE h.subscription = $1 AND h.is_unreadable AND h.holds = 'partition' AND h.partition = coalesce($4, h.partition)
             LIMIT 1000) AS held`,
    values: [of.subscription, of.key, of.isPrefix, of.partition ?? null],
  });
  return rows[0]!;
}

/** Is this event (`kernel.events.id`), or another one of its command, held back in any subscription? Indexes:
 *  ix_events_correlation_id, ix_held_events_event_id. */
export async function isHeldAnywhere(on: Queryable, eventId: number): Promise<boolean> {
  const { rowCount } = await on.query({
    name: 'kernel_is_held_anywhere',
    text: `SELECT FROM kernel.held_events h
            WHERE h.event_id = ANY (ARRAY(SELECT $1::bigint UNION ALL
              SELECT e.id FROM kernel.events l JOIN kernel.events e
                  ON e.meta->>'correlationId' = l.meta->>'correlationId' AND e.meta->>'commandId' = l.meta->>'commandId'
               WHERE l.id = $1)) LIMIT 1`,
    values: [eventId],
  });
  return rowCount === 1;
}
