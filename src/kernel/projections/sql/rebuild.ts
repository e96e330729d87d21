import type { ViewState } from '../../commands/sql/view-states.js';
import type { Queryable } from '../../event-log/sql/queryable.js';
import type { EventRow } from '../../event-log/stored-event.js';
import { eventColumns } from '../../event-log/sql/event-columns.js';
import { forgetFormerCheckpoints } from '../../subscriptions/sql/former-checkpoints.js';

/** Held until the transaction ends; `endAbandonedRebuild` finds by it whether the rebuild still runs. */
export async function isOnlyRebuild(tx: Queryable, name: string): Promise<boolean> {
  const { rows } = await tx.query<{ alone: boolean }>({
    text: `SELECT pg_try_advisory_xact_lock(hashtextextended('waybill.rebuild:' || $1, 0)) AS alone`,
    values: [name],
  });
  return rows[0]!.alone;
}

/** Versions of a projection other than this one that live processes run or write, with the processes. */
export async function otherVersions(
  on: Queryable,
  of: { readonly name: string; readonly version: number; readonly leaseMs: number },
): Promise<{ replica: string; version: string }[]> {
  const { rows } = await on.query<{ replica: string; version: string }>({
    text: `SELECT r.replica, v.version
             FROM kernel.replicas r, unnest(r.knows) AS u (run), split_part(u.run, '#', 1) AS n (run),
                  split_part(n.run, '@', 2) AS v (version)
            WHERE kernel.counts_until(r.seen_at + $3 * interval '1 millisecond', 2 * $3 * interval '1 millisecond')
              AND split_part(n.run, '@', 1) = $1 AND v.version <> $2::text
            ORDER BY 2, 1`,
    values: [of.name, String(of.version), of.leaseMs],
  });
  return rows;
}

/** Refuses the writers of an inline view from now on. Must be committed before the rebuild waits for earlier ones. */
export async function markRebuilding(on: Queryable, name: string): Promise<void> {
  await on.query({
    text: `UPDATE kernel.subscriptions SET rebuild_to = (SELECT head FROM kernel.log_state) WHERE name = $1 AND kind = 'inline'`,
    values: [name],
  });
}

/**
 * Waits for the commits that had passed the check of kernel.commit before the mark. The lock is given back at once, so
 * that later ones are refused by the check instead of waiting for it with a connection each.
 */
export async function awaitEarlierWriters(tx: Queryable, name: string): Promise<void> {
  await tx.query({ text: 'SAVEPOINT writers' });
  await tx.query({ text: `SELECT pg_advisory_xact_lock(hashtextextended('waybill.view:' || $1, 0))`, values: [name] });
  await tx.query({ text: 'ROLLBACK TO SAVEPOINT writers' });
}

/** The order of whoever writes the view from the log: its tables, the checkpoints by partition, the subscription's row. */
export async function lockTables(tx: Queryable, tables: readonly string[]): Promise<void> {
  for (const table of tables) await tx.query({ text: `LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE` });
}

export async function emptyTables(tx: Queryable, tables: readonly string[]): Promise<void> {
  for (const table of tables) await tx.query({ text: `DELETE FROM ${table}` });
}

/** Puts the partitions before the first event. The raised fence keeps a worker that folded before from committing after. */
export async function rewind(tx: Queryable, name: string): Promise<void> {
  await tx.query({
    text: `UPDATE kernel.checkpoints SET position = 0, event_id = NULL, fence = fence + 1, updated_at = clock_timestamp()
            WHERE subscription = $1`,
    values: [name],
  });
  await tx.query({ text: 'DELETE FROM kernel.failed_events WHERE subscription = $1', values: [name] });
  await forgetFormerCheckpoints(tx, name);
}

/** An inline view has none. */
export async function dropCheckpoints(tx: Queryable, name: string): Promise<void> {
  await tx.query({ text: 'DELETE FROM kernel.checkpoints WHERE subscription = $1', values: [name] });
  await tx.query({ text: 'DELETE FROM kernel.failed_events WHERE subscription = $1', values: [name] });
  await forgetFormerCheckpoints(tx, name);
}

/**
 * Opens a reader of all events of one kind of stream, by names, in the order of their ids, which is the order inside each
 * stream. A cursor is planned and run once; a statement per page may be planned as a pass over the whole log, each time.
 */
export async function openStreamEvents(
  tx: Queryable,
  of: { readonly names: readonly string[]; readonly stream: string },
): Promise<void> {
  await tx.query({
    text: `DECLARE stream_events NO SCROLL CURSOR FOR SELECT ${eventColumns()} FROM kernel.events e
            WHERE e.name = ANY ($1) AND starts_with(e.stream_id, $2 || ':') ORDER BY e.id`,
    values: [of.names, of.stream],
  });
}

/** The next events of the reader, at most 2,000; none at the end. */
export async function nextStreamEvents(tx: Queryable): Promise<EventRow[]> {
  const { rows } = await tx.query<EventRow>({ text: 'FETCH FORWARD 2000 FROM stream_events' });
  return rows;
}

/** Stores which code keeps the view from now on; an async one is complete once it has come to the head of this moment. */
export async function setKeeper(
  tx: Queryable,
  of: {
    readonly name: string;
    readonly version: number;
    readonly kind: Exclude<ViewState['kind'], 'handler'>;
    readonly events: readonly string[];
    readonly hasOwnKeys: boolean;
  },
): Promise<void> {
  await tx.query({
    text: `UPDATE kernel.subscriptions
              SET version = $2, kind = $3, status = 'running', last_error = NULL, failed_at = NULL, events = $4, registered = $4, has_own_keys = $5,
                  rebuild_to = CASE WHEN $3 = 'async' THEN (SELECT head FROM kernel.log_state) END
            WHERE name = $1`,
    values: [of.name, of.version, of.kind, of.events, of.hasOwnKeys],
  });
}
