import type { StoredData } from '../../domain/index.js';
import { eventColumns } from '../../event-log/sql/event-columns.js';
import type { EventRow } from '../../event-log/stored-event.js';
import type { Queryable } from '../../event-log/sql/queryable.js';
import { IS_FIRST_OF_KEY } from './first-of-key.js';
import type { Failure } from '../failed-event-rows.js';

/** A failed event at the head of its key, with what the log knows of it. */
export interface DueEvent extends EventRow {
  readonly key: string;
  readonly partition: number;
  readonly attempts: number;
  readonly position: number;
  /** Counts what others have done to it: edits, retries. A try that began before doesn't count. */
  readonly revision: number;
  /** The data in the log, where an operator has given it others. */
  readonly original: StoredData | null;
}

/**
 * Keys that have failed events, of some partitions of a subscription. Later events of such a key wait behind. An event that is
 * waiting although it is the first of its key becomes due: nothing in front of it would ever make it so.
 */
export async function takeBlockedKeys(
  on: Queryable,
  subscription: string,
  partitions: readonly number[],
): Promise<string[]> {
  const { rows } = await on.query<{ key: string }>({
    name: 'kernel_take_blocked_keys',
    text: `WITH first AS (UPDATE kernel.failed_events h SET state = 'retrying', next_try_at = clock_timestamp()
                           WHERE h.subscription = $1 AND h.partition = ANY ($2) AND h.state = 'waiting'
                             AND ${IS_FIRST_OF_KEY})
           SELECT DISTINCT key FROM kernel.failed_events WHERE subscription = $1 AND partition = ANY ($2) AND blocks = 'key'`,
    values: [subscription, partitions],
  });
  return rows.map((row) => row.key);
}

/** Which of some keys have failed events still. Index: the primary key. */
export async function stillBlocked(on: Queryable, subscription: string, keys: readonly string[]): Promise<string[]> {
  const { rows } = await on.query<{ key: string }>({
    name: 'kernel_still_blocked',
    text: `SELECT DISTINCT key FROM kernel.failed_events WHERE subscription = $1 AND key = ANY ($2) AND blocks = 'key'`,
    values: [subscription, keys],
  });
  return rows.map((row) => row.key);
}

/** No retry is set further ahead: a time beyond was set before the database's clock was put back, and counts as due. */
const FURTHEST = `interval '2 minutes'`;
const IS_DUE = `(h.next_try_at <= clock_timestamp() OR h.next_try_at > clock_timestamp() + ${FURTHEST})`;

/** Retrying events that are due for another try, oldest first. Index: ix_failed_events_due. */
export async function dueEvents(
  on: Queryable,
  subscription: string,
  partitions: readonly number[],
): Promise<DueEvent[]> {
  const { rows } = await on.query<DueEvent>({
    name: 'kernel_due_events',
    text: `SELECT h.key, h.partition, h.attempts, h.position, h.revision, ${eventColumns('coalesce(h.data, e.data)')},
                  CASE WHEN h.data IS NOT NULL THEN e.data END AS original
             FROM kernel.failed_events h JOIN kernel.events e ON e.id = h.event_id
            WHERE h.subscription = $1 AND h.partition = ANY ($2) AND h.state = 'retrying' AND h.blocks = 'key' AND ${IS_DUE}
            ORDER BY h.next_try_at LIMIT 100`,
    values: [subscription, partitions],
  });
  return rows;
}

/** When the next retrying event is due, in ms from now; undefined when none is retrying. */
export async function nextDueInMs(
  on: Queryable,
  subscription: string,
  partitions: readonly number[],
): Promise<number | undefined> {
  const { rows } = await on.query<{ in_ms: number | null }>({
    name: 'kernel_next_due',
    text: `SELECT (extract(epoch FROM min(CASE WHEN h.next_try_at > clock_timestamp() + ${FURTHEST} THEN clock_timestamp() ELSE h.next_try_at END)
                   - clock_timestamp()) * 1000)::float8 AS in_ms
             FROM kernel.failed_events h WHERE h.subscription = $1 AND h.partition = ANY ($2) AND h.state = 'retrying'`,
    values: [subscription, partitions],
  });
  return rows[0]?.in_ms ?? undefined;
}

/** Notes another failed try: retrying until the next one, or dead-lettered (`tryInMs` undefined) until an operator acts. A try
 *  with data that were edited meanwhile doesn't count, nor one during which an operator had the tries counted anew.
 *  @returns whether it counts */
export async function failAgain(
  on: Queryable,
  event: Pick<DueEvent, 'key' | 'position' | 'revision' | 'event_id'> & { subscription: string },
  failure: Failure,
): Promise<boolean> {
  const { rowCount } = await on.query({
    name: 'kernel_fail_again',
    text: `UPDATE kernel.failed_events
              SET attempts = $4, error = $5, state = CASE WHEN $6::float8 IS NULL THEN 'dead-lettered' ELSE 'retrying' END,
                  next_try_at = clock_timestamp() + $6::float8 * interval '1 millisecond', is_unreadable = $8
            WHERE subscription = $1 AND key = $2 AND position = $3 AND revision = $7
              AND EXISTS (SELECT FROM kernel.events e WHERE e.id = failed_events.event_id AND e.event_id = $9)`,
    values: [
      event.subscription,
      event.key,
      event.position,
      failure.attempts,
      failure.error,
      failure.tryInMs ?? null,
      event.revision,
      failure.isUnreadable ?? false,
      event.event_id,
    ],
  });
  return rowCount === 1;
}
