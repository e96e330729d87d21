import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

export interface PartitionRow {
  readonly subscription: string;
  readonly partition: number;
  /** Everything up to here has taken effect, or has failed. */
  readonly position: number;
  readonly fence: number;
  /** RFC 3339: when the checkpoint moved last. */
  readonly movedAt: string;
  /** The replica that works on it; null while none does. */
  readonly owner: string | null;
  /** RFC 3339; in the past: the owner has stopped renewing. */
  readonly leaseExpiresAt: string | null;
}

/** Every partition's checkpoint and lease. A few hundred rows at most. */
export async function readPartitionRows(on: Queryable): Promise<PartitionRow[]> {
  const { rows } = await on.query<PartitionRow & { [column: string]: unknown }>({
    text: `SELECT c.subscription, c.partition, c.position, c.fence, c.updated_at AS "movedAt",
                  l.owner, l.expires_at AS "leaseExpiresAt"
             FROM kernel.checkpoints c
             LEFT JOIN kernel.leases l ON l.subscription = c.subscription AND l.partition = c.partition
            ORDER BY c.subscription, c.partition`,
  });
  return rows;
}
