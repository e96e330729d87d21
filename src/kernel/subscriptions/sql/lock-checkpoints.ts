import type { Queryable } from '../../event-log/sql/queryable.js';

/**
 * Locks all checkpoints of a subscription until the transaction ends, also where a repartition replaces the rows meanwhile: no
 * owner of a partition commits until then. Lock order: the checkpoints by partition, then the subscription.
 */
export async function lockCheckpoints(tx: Queryable, subscription: string): Promise<void> {
  await tx.query({ text: 'SELECT kernel.lock_checkpoints($1)', values: [subscription] });
}
