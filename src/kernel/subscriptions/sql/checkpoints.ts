import type { Queryable } from '../../event-log/sql/queryable.js';

/** Creates the checkpoints of a subscription that this database sees for the first time, one per partition. */
export async function createCheckpoints(
  on: Queryable,
  of: { readonly subscription: string; readonly position: number; readonly eventId: string | null },
): Promise<void> {
  await on.query({
    text: `INSERT INTO kernel.checkpoints (subscription, partition, position, event_id)
           SELECT s.name, g.partition, $2, $3
             FROM kernel.subscriptions s, generate_series(0, s.partitions - 1) AS g (partition)
            WHERE s.name = $1 AND NOT EXISTS (SELECT FROM kernel.checkpoints c WHERE c.subscription = $1)
           ON CONFLICT DO NOTHING`,
    values: [of.subscription, of.position, of.eventId],
  });
}

/** How many checkpoints are where their owner has left them, with the owner's fence. */
export async function areStillAt(
  on: Queryable,
  of: {
    readonly subscription: string;
    readonly rows: readonly { readonly partition: number; readonly stored: number; readonly fence: number }[];
  },
): Promise<number> {
  const { rows } = await on.query<{ mine: number }>({
    name: 'kernel_are_still_at',
    text: `SELECT count(*)::int AS mine
             FROM unnest($2::smallint[], $3::bigint[], $4::bigint[]) AS r (partition, stored, fence)
             JOIN kernel.checkpoints c ON c.subscription = $1 AND c.partition = r.partition
                                      AND c.position = r.stored AND c.fence = r.fence`,
    values: [
      of.subscription,
      of.rows.map(({ partition }) => partition),
      of.rows.map(({ stored }) => stored),
      of.rows.map(({ fence }) => fence),
    ],
  });
  return rows[0]!.mine;
}

/** How far all partitions of a subscription have come, and by whom. */
export interface Progress {
  /** The lowest one of all partitions. */
  readonly position: number;
  /** Of each partition, by its number. */
  readonly positions: readonly number[];
  /** The partitions' fences; another text means that one was taken over, or the subscription was started anew. */
  readonly fences: string;
}

export interface AllProgress {
  readonly head: number;
  /** The epoch of the log that the head is of; null before the first start. */
  readonly epoch: string | null;
  readonly progress: ReadonlyMap<string, Progress>;
  /** Something has failed somewhere: its position is passed, and it has not taken effect. */
  readonly hasFailedEvents: boolean;
  /** Views that were emptied by a rebuild: the position that all their partitions must reach until they are complete. */
  readonly rebuildTo: ReadonlyMap<string, number>;
}

/** The progress of some subscriptions, the head of the log with its epoch, and whether anything has failed, in one snapshot. */
export async function readCheckpoints(on: Queryable, subscriptions: readonly string[]): Promise<AllProgress> {
  const { rows } = await on.query<
    Pick<AllProgress, 'head' | 'epoch' | 'hasFailedEvents'> & {
      subscription: string | null;
      rebuildTo: number | null;
    } & Progress
  >({
    name: 'kernel_read_checkpoints',
    text: `SELECT s.head, c.subscription, min(c.position) AS position, string_agg(c.fence::text, ',' ORDER BY c.partition) AS fences,
                  array_agg(c.position ORDER BY c.partition) FILTER (WHERE c.position IS NOT NULL) AS positions,
                  EXISTS (SELECT FROM kernel.failed_events) AS "hasFailedEvents",
                  (SELECT e.epoch FROM kernel.epochs e ORDER BY e.id DESC LIMIT 1) AS epoch,
                  (SELECT u.rebuild_to FROM kernel.subscriptions u WHERE u.name = c.subscription AND u.kind = 'async') AS "rebuildTo"
             FROM kernel.log_state s LEFT JOIN kernel.checkpoints c ON c.subscription = ANY ($1) GROUP BY s.head, c.subscription`,
    values: [subscriptions],
  });
  const known = rows.filter((row) => row.subscription !== null);
  return {
    head: rows[0]?.head ?? 0,
    epoch: rows[0]?.epoch ?? null,
    progress: new Map(known.map((row) => [row.subscription!, row])),
    hasFailedEvents: rows[0]?.hasFailedEvents ?? false,
    rebuildTo: new Map(known.flatMap((row) => (row.rebuildTo === null ? [] : [[row.subscription!, row.rebuildTo]]))),
  };
}

/** Is there an event in (after, to] that a subscription takes, by these names or in another release? If not, a view is as
 *  fresh at `after` as at `to`. */
export async function hasEventsBetween(
  on: Queryable,
  range: { after: number; to: number; subscription: string; names: readonly string[] },
): Promise<boolean> {
  const { rows } = await on.query<{ found: boolean }>({
    name: 'kernel_has_events_between',
    text: `SELECT EXISTS (SELECT FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
            WHERE l.position > $1 AND l.position <= $2
              AND e.name = ANY ($3 || ARRAY(SELECT unnest(s.events) FROM kernel.subscriptions s WHERE s.name = $4))) AS found`,
    values: [range.after, range.to, range.names, range.subscription],
  });
  return rows[0]!.found;
}
