import type { Queryable } from '../../event-log/sql/queryable.js';
import { keepFormerCheckpoints } from './former-checkpoints.js';

/** A lease that has not ended. */
export interface LiveLease {
  readonly partition: number;
  /** The replica. */
  readonly owner: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** A lease of a subscription that a replica may consider in force, if there is one. */
export async function liveLease(
  on: Queryable,
  of: { readonly subscription: string; readonly leaseMs: number },
): Promise<LiveLease | undefined> {
  const { rows } = await on.query<LiveLease & { [column: string]: unknown }>({
    text: `SELECT partition, owner, expires_at AS "expiresAt" FROM kernel.leases
            WHERE subscription = $1 AND kernel.counts_until(expires_at, $2 * interval '1 millisecond')
            ORDER BY partition LIMIT 1`,
    values: [of.subscription, of.leaseMs],
  });
  return rows[0];
}

/**
 * Replaces the checkpoints by so many, under their locks. All begin at the lowest position; the former ones are kept, so that
 * what has taken effect beyond it is passed over. Their fences are higher than those of every owner so far.
 * @returns the position.
 */
export async function replaceCheckpoints(tx: Queryable, subscription: string, partitions: number): Promise<number> {
  await keepFormerCheckpoints(tx, subscription);
  const { rows } = await tx.query<{ position: number; eventId: string | null; fence: number }>({
    text: `SELECT min(position) AS position, (array_agg(event_id ORDER BY position))[1] AS "eventId", max(fence) AS fence
             FROM kernel.checkpoints WHERE subscription = $1`,
    values: [subscription],
  });
  const { position, eventId, fence } = rows[0]!;
  await tx.query({ text: 'DELETE FROM kernel.checkpoints WHERE subscription = $1', values: [subscription] });
  await tx.query({
    text: `INSERT INTO kernel.checkpoints (subscription, partition, position, event_id, fence)
           SELECT $1, g.partition, $2, $3, $4 FROM generate_series(0, $5::int - 1) AS g (partition)`,
    values: [subscription, position, eventId, fence + 1, partitions],
  });
  await tx.query({
    text: 'UPDATE kernel.subscriptions SET partitions = $2 WHERE name = $1',
    values: [subscription, partitions],
  });
  return position;
}

/** Moves failed events to the partition that has their key from now on. What stops whole partitions is met again by the new ones. */
export async function moveFailedEvents(
  tx: Queryable,
  subscription: string,
  partitionOf: (key: string) => number,
): Promise<void> {
  await tx.query({
    text: `DELETE FROM kernel.failed_events WHERE subscription = $1 AND blocks = 'partition'`,
    values: [subscription],
  });
  const { rows } = await tx.query<{ key: string }>({
    text: 'SELECT DISTINCT key FROM kernel.failed_events WHERE subscription = $1',
    values: [subscription],
  });
  await tx.query({
    text: `UPDATE kernel.failed_events h SET partition = k.partition FROM unnest($2::text[], $3::smallint[]) AS k (key, partition)
            WHERE h.subscription = $1 AND h.key = k.key`,
    values: [subscription, rows.map(({ key }) => key), rows.map(({ key }) => partitionOf(key))],
  });
}
