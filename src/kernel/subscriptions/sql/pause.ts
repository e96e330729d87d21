import type { Queryable } from '../../event-log/sql/queryable.js';

/**
 * Pauses a subscription. Under the locks of its checkpoints and its row. A fence that is higher than each owner's ends the work
 * that is under way, also of a process that stands still meanwhile; no replica gets a lease or takes over until it is
 * resumed. @returns RFC 3339: since when.
 */
export async function pauseSubscription(
  tx: Queryable,
  of: { readonly name: string; readonly by: string; readonly reason: string },
): Promise<string> {
  const { rows } = await tx.query<{ at: string }>({
    text: `UPDATE kernel.subscriptions SET paused_at = clock_timestamp(), paused_by = $2, pause_reason = $3
            WHERE name = $1 RETURNING paused_at AS at`,
    values: [of.name, of.by, of.reason],
  });
  await tx.query({
    text: 'UPDATE kernel.checkpoints SET fence = fence + 1 WHERE subscription = $1',
    values: [of.name],
  });
  await tx.query({ text: 'SELECT kernel.forget_leases($1)', values: [of.name] });
  return rows[0]!.at;
}

export async function resumeSubscription(tx: Queryable, name: string): Promise<void> {
  await tx.query({
    text: 'UPDATE kernel.subscriptions SET paused_at = NULL, paused_by = NULL, pause_reason = NULL WHERE name = $1',
    values: [name],
  });
}
