import { eventColumns } from '../../event-log/sql/event-columns.js';
import type { EventRow } from '../../event-log/stored-event.js';
import type { Queryable } from '../../event-log/sql/queryable.js';

/** A partition whose checkpoint stands before an event that may touch any of its rows. */
export interface StalledPartition {
  readonly partition: number;
  readonly position: number;
}

/** Index: ix_failed_events_unreadable. */
export async function stalledPartitions(
  on: Queryable,
  subscription: string,
  partitions: readonly number[],
): Promise<StalledPartition[]> {
  const { rows } = await on.query<StalledPartition & { [column: string]: unknown }>({
    name: 'kernel_stalled_partitions',
    text: `SELECT partition, position FROM kernel.failed_events
            WHERE subscription = $1 AND partition = ANY ($2) AND is_unreadable AND blocks = 'partition'`,
    values: [subscription, partitions],
  });
  return rows;
}

/** The checkpoints are beyond what stood in their way: this release could read it, or an operator has discarded it. */
export async function forgetStalls(
  on: Queryable,
  subscription: string,
  stops: readonly StalledPartition[],
): Promise<void> {
  await on.query({
    text: `DELETE FROM kernel.failed_events h USING unnest($2::smallint[], $3::bigint[]) AS s (partition, position)
            WHERE h.subscription = $1 AND h.blocks = 'partition' AND h.partition = s.partition AND h.position = s.position`,
    values: [subscription, stops.map(({ partition }) => partition), stops.map(({ position }) => position)],
  });
}

/** First events of their keys that were dead-lettered because they couldn't be read; at most `limit`, by id. */
export async function unreadableHeads(
  on: Queryable,
  of: { subscription: string; partitions: readonly number[]; afterId: number; limit: number },
): Promise<(EventRow & { readonly failedId: number })[]> {
  const { rows } = await on.query<EventRow & { failedId: number }>({
    name: 'kernel_unreadable_heads',
    text: `SELECT h.id AS "failedId", ${eventColumns('coalesce(h.data, e.data)')}
             FROM kernel.failed_events h JOIN kernel.events e ON e.id = h.event_id
            WHERE h.subscription = $1 AND h.partition = ANY ($2) AND h.is_unreadable AND h.blocks = 'key' AND h.state = 'dead-lettered'
              AND h.id > $3
            ORDER BY h.id LIMIT $4`,
    values: [of.subscription, of.partitions, of.afterId, of.limit],
  });
  return rows;
}

/** Lets dead-lettered events be tried now, with their tries counted anew. */
export async function retryUnreadable(on: Queryable, ids: readonly number[]): Promise<void> {
  await on.query({
    text: `UPDATE kernel.failed_events SET state = 'retrying', attempts = 0, next_try_at = clock_timestamp(), is_unreadable = false,
                  revision = revision + 1
            WHERE id = ANY ($1) AND state = 'dead-lettered'`,
    values: [ids],
  });
}
