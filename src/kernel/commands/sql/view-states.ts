import type { Queryable } from '../../event-log/sql/queryable.js';

/** How a view is kept, as the database has it. */
export interface ViewState {
  readonly name: string;
  readonly kind: 'inline' | 'async' | 'handler';
  readonly version: number;
  /** An inline view's writers are refused. */
  readonly isRebuilding: boolean;
}

export async function readViewStates(
  on: Queryable,
  views: readonly { readonly name: string }[],
): Promise<ReadonlyMap<string, ViewState>> {
  const { rows } = await on.query<ViewState & { [column: string]: unknown }>({
    name: 'kernel_view_states',
    text: `SELECT name, kind, version, kind = 'inline' AND rebuild_to IS NOT NULL AS "isRebuilding"
             FROM kernel.subscriptions WHERE name = ANY ($1)`,
    values: [views.map(({ name }) => name)],
  });
  return new Map(rows.map((row) => [row.name, row]));
}

/**
 * Removes the mark of a rebuild whose process has died: its transaction was rolled back, so the view is as it was. A
 * rebuild holds the advisory lock from before it sets the mark until its transaction ends.
 * @returns whether there was such a mark
 */
export async function endAbandonedRebuild(on: Queryable, name: string): Promise<boolean> {
  const { rowCount } = await on.query({
    text: `UPDATE kernel.subscriptions SET rebuild_to = NULL
            WHERE name = $1 AND kind = 'inline' AND rebuild_to IS NOT NULL
              AND pg_try_advisory_xact_lock(hashtextextended('waybill.rebuild:' || $1, 0))`,
    values: [name],
  });
  return rowCount === 1;
}
