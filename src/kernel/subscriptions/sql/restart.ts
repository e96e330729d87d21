import type { Queryable } from '../../event-log/sql/queryable.js';
import { IS_FIRST_OF_KEY } from './first-of-key.js';
import { forgetFormerCheckpoints } from './former-checkpoints.js';

/** Puts all partitions behind an event of this log. The raised fence keeps whoever works on one from committing more. */
export async function moveCheckpoints(
  tx: Queryable,
  to: { readonly name: string; readonly position: number; readonly eventId: string | null },
): Promise<void> {
  await tx.query({
    text: `UPDATE kernel.checkpoints SET position = $2, event_id = $3, fence = fence + 1, updated_at = clock_timestamp()
            WHERE subscription = $1`,
    values: [to.name, to.position, to.eventId],
  });
  await forgetFormerCheckpoints(tx, to.name);
  await tx.query({
    text: `UPDATE kernel.subscriptions SET status = 'running', last_error = NULL, failed_at = NULL WHERE name = $1`,
    values: [to.name],
  });
  // Who owns a partition would otherwise notice only with its next commit.
  await tx.query({ text: 'SELECT kernel.forget_leases($1)', values: [to.name] });
}

/**
 * Lets go of failed events that will be met again behind the position, that stalled whole partitions, and that this log
 * doesn't hold. What stood behind one of them is tried now.
 */
export async function dropFailedAfter(tx: Queryable, name: string, position: number): Promise<void> {
  await tx.query({
    text: `DELETE FROM kernel.failed_events h
            WHERE h.subscription = $1 AND (h.position > $2 OR h.blocks = 'partition'
              OR NOT EXISTS (SELECT FROM kernel.log l WHERE l.position = h.position AND l.event_id = h.event_id))`,
    values: [name, position],
  });
  await tx.query({
    text: `UPDATE kernel.failed_events h SET state = 'retrying', next_try_at = clock_timestamp()
            WHERE h.subscription = $1 AND h.state = 'waiting'
              AND ${IS_FIRST_OF_KEY}`,
    values: [name],
  });
}
