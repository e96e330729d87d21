import type { Queryable } from '../../event-log/sql/queryable.js';

/**
 * Keeps the checkpoints as they are, before the rows are replaced. Of an earlier change from the same number of partitions, which
 * had the same keys in each, the higher position counts.
 */
export async function keepFormerCheckpoints(tx: Queryable, subscription: string): Promise<void> {
  await tx.query({
    text: `INSERT INTO kernel.former_checkpoints AS f (subscription, partitions, partition, position, event_id)
           SELECT s.name, s.partitions, c.partition, c.position, c.event_id
             FROM kernel.checkpoints c JOIN kernel.subscriptions s ON s.name = c.subscription WHERE s.name = $1
           ON CONFLICT (subscription, partitions, partition) DO UPDATE
              SET position = excluded.position, event_id = excluded.event_id WHERE f.position < excluded.position`,
    values: [subscription],
  });
}

/** All keys begin at the checkpoints again: those were set anew. */
export async function forgetFormerCheckpoints(tx: Queryable, subscription: string): Promise<void> {
  await tx.query({ text: 'DELETE FROM kernel.former_checkpoints WHERE subscription = $1', values: [subscription] });
}
