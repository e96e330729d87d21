import { eventColumns } from '../../event-log/sql/event-columns.js';
import type { EventRow } from '../../event-log/stored-event.js';
import type { Queryable } from '../../event-log/sql/queryable.js';

/** A partition whose checkpoint stands before an event that may touch any of its rows. */
export interface StoppedPartition {
  readonly partition: number;
  readonly position: number;
}

interface StopBefore {
  readonly subscription: string;
  readonly generation: number;
  /** Where the checkpoints are now, and by which fences they are this owner's. */
  readonly partitions: readonly { partition: number; from: number; fence: number }[];
  readonly error: string;
}

/**
 * Moves checkpoints to right before an event, and says there that it stands in the way: one parked row per partition.
 * @returns how many of the partitions were still this owner's.
 */
export async function stopBefore(on: Queryable, row: EventRow, of: StopBefore): Promise<number> {
  const { rows } = await on.query<{ mine: number }>({
    name: 'kernel_stop_before',
    text: `WITH mine AS (
             UPDATE kernel.checkpoints c
                SET position = $3::bigint - 1, updated_at = clock_timestamp(),
                    event_id = coalesce((SELECT l.event_id FROM kernel.log l WHERE l.position = $3::bigint - 1), 0)
               FROM jsonb_to_recordset($5::jsonb) AS r (partition smallint, "from" bigint, fence bigint)
              WHERE c.subscription = $1 AND c.generation = $2 AND c.partition = r.partition AND c.position = r."from" AND c.fence = r.fence
             RETURNING c.partition),
           marked AS (
             INSERT INTO kernel.held_events (subscription, generation, key, position, partition, event_id, state, error, holds, is_unreadable)
             SELECT $1, $2, 'partition ' || m.partition, $3, m.partition, $4, 'parked', $6, 'partition', true FROM mine m
             ON CONFLICT DO NOTHING)
           SELECT count(*)::int AS mine FROM mine`,
    values: [of.subscription, of.generation, row.position, row.id, JSON.stringify(of.partitions), of.error],
  });
  return rows[0]!.mine;
}

/** Index: ix_held_events_unreadable. */
export async function stoppedPartitions(
  on: Queryable,
  subscription: string,
  partitions: readonly number[],
): Promise<StoppedPartition[]> {
  const { rows } = await on.query<StoppedPartition & { [column: string]: unknown }>({
    name: 'kernel_stopped_partitions',
    text: `SELECT partition, position FROM kernel.held_events
            WHERE subscription = $1 AND partition = ANY ($2) AND is_unreadable AND holds = 'partition'`,
    values: [subscription, partitions],
  });
  return rows;
}

/** The checkpoints are beyond what stood in their way: this release could read it, or an operator has discarded it. */
export async function forgetStops(
  on: Queryable,
  subscription: string,
  stops: readonly StoppedPartition[],
): Promise<void> {
  await on.query({
    text: `DELETE FROM kernel.held_events h USING unnest($2::smallint[], $3::bigint[]) AS s (partition, position)
            WHERE h.subscription = $1 AND h.holds = 'partition' AND h.partition = s.partition AND h.position = s.position`,
    values: [subscription, stops.map(({ partition }) => partition), stops.map(({ position }) => position)],
  });
}

/** First events of their keys that were parked because they couldn't be read; at most `limit`, by id. */
export async function unreadableHeads(
  on: Queryable,
  of: { subscription: string; partitions: readonly number[]; afterId: number; limit: number },
): Promise<(EventRow & { readonly heldId: number })[]> {
  const { rows } = await on.query<EventRow & { heldId: number }>({
    name: 'kernel_unreadable_heads',
    text: `SELECT h.id AS "heldId", ${eventColumns('coalesce(h.data, e.data)')}
             FROM kernel.held_events h JOIN kernel.events e ON e.id = h.event_id
            WHERE h.subscription = $1 AND h.partition = ANY ($2) AND h.is_unreadable AND h.holds = 'key' AND h.state = 'parked'
              AND h.id > $3
            ORDER BY h.id LIMIT $4`,
    values: [of.subscription, of.partitions, of.afterId, of.limit],
  });
  return rows;
}

/** Lets parked events be tried now, with their tries counted anew. */
export async function unpark(on: Queryable, ids: readonly number[]): Promise<void> {
  await on.query({
    text: `UPDATE kernel.held_events SET state = 'blocked', attempts = 0, next_try_at = clock_timestamp(), is_unreadable = false,
                  revision = revision + 1
            WHERE id = ANY ($1) AND state = 'parked'`,
    values: [ids],
  });
}
