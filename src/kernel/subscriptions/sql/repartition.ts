import type { Queryable } from '../../event-log/sql/queryable.js';
import { lockCheckpoints } from './lock-checkpoints.js';

export interface PartitionsAt {
  readonly lowest: number;
  readonly highest: number;
  readonly generation: number;
  /** UUID of the event at the highest position. */
  readonly event_id: string | null;
  /** The highest fence. */
  readonly fence: number;
}

/**
 * Sets the position beyond which nobody goes: the furthest partition's. Again, when a worker that hadn't heard of it
 * has gone beyond. @returns it, or undefined when no such subscription reads the log.
 */
export async function raiseBarrier(on: Queryable, subscription: string): Promise<number | undefined> {
  const { rows } = await on.query<{ barrier: number | null }>({
    text: `UPDATE kernel.subscriptions s
              SET barrier = (SELECT max(c.position) FROM kernel.checkpoints c WHERE c.subscription = s.name)
            WHERE s.name = $1 AND s.kind <> 'inline' RETURNING s.barrier`,
    values: [subscription],
  });
  return rows[0]?.barrier ?? undefined;
}

export async function lowerBarrier(on: Queryable, subscription: string): Promise<void> {
  await on.query({ text: 'UPDATE kernel.subscriptions SET barrier = NULL WHERE name = $1', values: [subscription] });
}

/** Where the partitions stand; `locked` keeps every owner from committing until the transaction ends. */
export async function partitionsAt(on: Queryable, subscription: string, mode?: 'locked'): Promise<PartitionsAt> {
  if (mode === 'locked') await lockCheckpoints(on, subscription);
  const { rows } = await on.query<PartitionsAt & { [column: string]: unknown }>({
    text: `SELECT min(position) AS lowest, max(position) AS highest, max(generation) AS generation,
                  (array_agg(event_id ORDER BY position DESC))[1] AS event_id, max(fence) AS fence
             FROM kernel.checkpoints WHERE subscription = $1`,
    values: [subscription],
  });
  return rows[0]!;
}

/**
 * Replaces the partitions' rows; held events move to the partition that has their key from now on. What stops whole
 * partitions is met again by their new owners.
 */
export async function movePartitions(
  tx: Queryable,
  to: { subscription: string; partitions: number; at: PartitionsAt; partitionOf: (key: string) => number },
): Promise<void> {
  const { subscription, partitions, at } = to;
  await tx.query({ text: 'DELETE FROM kernel.checkpoints WHERE subscription = $1', values: [subscription] });
  await tx.query({
    text: `INSERT INTO kernel.checkpoints (subscription, generation, partition, position, event_id, fence)
           SELECT $1, $2, g.partition, $3, $4, $5 + 1 FROM generate_series(0, $6::int - 1) AS g (partition)`,
    values: [subscription, at.generation, at.highest, at.event_id, at.fence, partitions],
  });
  await tx.query({
    text: `DELETE FROM kernel.held_events WHERE subscription = $1 AND holds = 'partition'`,
    values: [subscription],
  });
  const { rows } = await tx.query<{ key: string }>({
    text: 'SELECT DISTINCT key FROM kernel.held_events WHERE subscription = $1',
    values: [subscription],
  });
  await tx.query({
    text: `UPDATE kernel.held_events h SET partition = k.partition FROM unnest($2::text[], $3::smallint[]) AS k (key, partition)
            WHERE h.subscription = $1 AND h.key = k.key`,
    values: [subscription, rows.map(({ key }) => key), rows.map(({ key }) => to.partitionOf(key))],
  });
  await tx.query({
    text: 'UPDATE kernel.subscriptions SET partitions = $2, barrier = NULL WHERE name = $1',
    values: [subscription, partitions],
  });
  await tx.query({ text: 'SELECT kernel.forget_leases($1)', values: [subscription] });
}
