import type { Queryable } from '../../event-log/sql/queryable.js';

/** Longer than a repartition waits for its partitions; a process that is frozen for longer lets go of the lock. */
const LONGEST_IDLE_MS = 120_000;

/** Held until the transaction ends, so that a barrier whose repartition was killed can be told from one under way. */
export async function isOnlyRepartition(tx: Queryable, subscription: string): Promise<boolean> {
  const { rows } = await tx.query<{ alone: boolean }>({
    text: `SELECT pg_try_advisory_xact_lock(hashtextextended('waybill.repartition:' || $1, 0)) AS alone,
                  set_config('idle_in_transaction_session_timeout', $2, true)`,
    values: [subscription, String(LONGEST_IDLE_MS)],
  });
  return rows[0]!.alone;
}

/** Removes the barriers that killed repartitions have left; the partitions are as they were. @returns whether there was one. */
export async function endAbandonedBarriers(on: Queryable, subscriptions: readonly string[]): Promise<boolean> {
  const { rowCount } = await on.query({
    text: `UPDATE kernel.subscriptions SET barrier = NULL
            WHERE name = ANY ($1) AND barrier IS NOT NULL AND NOT kernel.is_being_repartitioned(name)`,
    values: [subscriptions],
  });
  return rowCount! > 0;
}
