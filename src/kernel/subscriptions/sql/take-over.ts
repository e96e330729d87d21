import type { Queryable } from '../../event-log/sql/queryable.js';

export interface OwnedCheckpoint {
  readonly partition: number;
  readonly generation: number;
  readonly position: number;
  readonly fence: number;
}

/** Raises the fence of partitions beside their effects: from here on, no earlier owner can commit. */
export async function takeOver(
  on: Queryable,
  subscription: string,
  leases: readonly { partition: number; token: number }[],
): Promise<OwnedCheckpoint[]> {
  const { rows } = await on.query<OwnedCheckpoint & { [column: string]: unknown }>({
    name: 'kernel_take_over',
    text: `UPDATE kernel.checkpoints c SET fence = greatest(c.fence + 1, l.token)
             FROM unnest($2::smallint[], $3::bigint[]) AS l (partition, token)
            WHERE c.subscription = $1 AND c.partition = l.partition
        RETURNING c.partition, c.generation, c.position, c.fence`,
    values: [subscription, leases.map((lease) => lease.partition), leases.map((lease) => lease.token)],
  });
  return rows;
}
