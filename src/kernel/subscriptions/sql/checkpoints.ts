import type { Queryable } from '../../event-log/sql/queryable.js';

/** Creates the checkpoints of a subscription that this database sees for the first time, one per partition. */
export async function createCheckpoints(
  on: Queryable,
  of: { subscription: string; epoch: string; position: number; eventId: number },
): Promise<void> {
  await on.query({
    text: `INSERT INTO kernel.checkpoints (subscription, partition, epoch, position, event_id)
           SELECT s.name, g.partition, $2, $3, $4
             FROM kernel.subscriptions s, generate_series(0, s.partitions - 1) AS g (partition)
            WHERE s.name = $1 AND NOT EXISTS (SELECT FROM kernel.checkpoints c WHERE c.subscription = $1)
           ON CONFLICT DO NOTHING`,
    values: [of.subscription, of.epoch, of.position, of.eventId],
  });
}

/** The furthest checkpoint of each subscription: what this log must still hold. */
export async function furthestCheckpoints(
  on: Queryable,
): Promise<{ subscription: string; position: number; event_id: number }[]> {
  const { rows } = await on.query<{ subscription: string; position: number; event_id: number }>({
    text: `SELECT DISTINCT ON (subscription) subscription, position, event_id FROM kernel.checkpoints
            ORDER BY subscription, position DESC`,
  });
  return rows;
}

/**
 * Moves checkpoints over events that had no effect.
 * @returns how many of the rows were still this owner's, moved or not.
 */
export async function storeCheckpoints(
  on: Queryable,
  of: {
    subscription: string;
    generation: number;
    rows: readonly { partition: number; from: number; to: number; fence: number }[];
  },
): Promise<number> {
  const { rows } = await on.query<{ mine: number }>({
    name: 'kernel_store_checkpoints',
    text: `WITH r AS (SELECT * FROM jsonb_to_recordset($3::jsonb) AS r (partition smallint, "from" bigint, "to" bigint, fence bigint)),
                mine AS (SELECT c.partition, r."from", r."to" FROM kernel.checkpoints c JOIN r ON c.partition = r.partition
                          WHERE c.subscription = $1 AND c.generation = $2 AND c.position = r."from" AND c.fence = r.fence),
                moved AS (UPDATE kernel.checkpoints c SET position = l.position, event_id = l.event_id, updated_at = clock_timestamp()
                            FROM r JOIN kernel.log l ON l.position = r."to"
                           WHERE c.subscription = $1 AND c.generation = $2 AND c.partition = r.partition
                             AND c.position = r."from" AND c.fence = r.fence AND r."to" > r."from")
           SELECT count(*)::int AS mine FROM mine`,
    values: [of.subscription, of.generation, JSON.stringify(of.rows)],
  });
  return rows[0]!.mine;
}

/** How far all partitions of a subscription have come, and by whom. */
export interface Progress {
  /** The lowest one of all partitions. */
  readonly position: number;
  /** Of each partition, by its number. */
  readonly positions: readonly number[];
  /** The partitions' fences; another text means that somebody else has taken one over, or started it anew. */
  readonly fences: string;
}

export interface AllProgress {
  readonly head: number;
  readonly progress: ReadonlyMap<string, Progress>;
  /** Something is held back somewhere: its position is passed, and it has not taken effect. */
  readonly holdsAny: boolean;
}

/** Every subscription's progress, the head of the log, and whether anything is held, in one snapshot. */
export async function readAllCheckpoints(on: Queryable): Promise<AllProgress> {
  const { rows } = await on.query<{ head: number; subscription: string | null; holdsAny: boolean } & Progress>({
    name: 'kernel_read_checkpoints',
    text: `SELECT s.head, c.subscription, min(c.position) AS position, string_agg(c.fence::text, ',' ORDER BY c.partition) AS fences,
                  array_agg(c.position ORDER BY c.partition) FILTER (WHERE c.position IS NOT NULL) AS positions,
                  EXISTS (SELECT FROM kernel.held_events) AS "holdsAny"
             FROM kernel.log_state s LEFT JOIN kernel.checkpoints c ON true GROUP BY s.head, c.subscription`,
  });
  const known = rows.filter((row) => row.subscription !== null);
  return {
    head: rows[0]?.head ?? 0,
    progress: new Map(known.map((row) => [row.subscription!, row])),
    holdsAny: rows[0]?.holdsAny ?? false,
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
