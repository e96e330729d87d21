import type { Queryable } from '../../event-log/sql/queryable.js';

export interface OwnedCheckpoint {
  readonly partition: number;
  readonly generation: number;
  readonly position: number;
  readonly fence: number;
}

/**
 * Raises the fence of partitions beside their effects: from here on, no earlier owner can commit. Gives nothing when
 * another version of the code fills the view by now.
 */
export async function takeOver(
  on: Queryable,
  of: { name: string; version: number },
  leases: readonly { partition: number; token: number }[],
): Promise<OwnedCheckpoint[]> {
  const { rows } = await on.query<OwnedCheckpoint & { [column: string]: unknown }>({
    name: 'kernel_take_over',
    text: `UPDATE kernel.checkpoints c SET fence = greatest(c.fence + 1, l.token)
             FROM unnest($2::smallint[], $3::bigint[]) AS l (partition, token)
            WHERE c.subscription = $1 AND c.partition = l.partition
              AND EXISTS (SELECT FROM kernel.subscriptions s WHERE s.name = $1 AND s.version = $4)
        RETURNING c.partition, c.generation, c.position, c.fence`,
    values: [of.name, leases.map((lease) => lease.partition), leases.map((lease) => lease.token), of.version],
  });
  return rows;
}
