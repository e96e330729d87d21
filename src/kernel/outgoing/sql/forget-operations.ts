import { deleteOldRows } from '../../database/delete-old-rows.js';
import type { Queryable } from '../../event-log/sql/queryable.js';

/** Cancels dead-lettered operations older than the retention, at most one batch, which erases their content; returns how many.
 *  Index: ix_outgoing_commands_open. */
export async function cancelDeadLetters(on: Queryable, retentionDays: number, batchSize: number): Promise<number> {
  const { rowCount } = await on.query({
    text: `UPDATE kernel.outgoing_commands SET state = 'cancelled', finished_at = clock_timestamp()
            WHERE id = ANY (ARRAY(SELECT id FROM kernel.outgoing_commands
              WHERE state = 'dead-lettered' AND operation IS NOT NULL
                AND created_at < clock_timestamp() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    values: [retentionDays, batchSize],
  });
  return rowCount ?? 0;
}

/** Operations that ended. Index: ix_outgoing_commands_forget. */
export const forgetOperations = deleteOldRows({
  table: 'kernel.outgoing_commands',
  id: 'id',
  since: 'finished_at',
  where: 'operation IS NOT NULL',
});
