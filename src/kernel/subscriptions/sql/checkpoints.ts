import type { Queryable } from '../../event-log/sql/queryable.js';

/** How far a subscription has come, as it lies beside the effects. */
export interface Checkpoint {
  readonly subscription: string;
  readonly generation: number;
  readonly partition: number;
  /** Everything up to here has taken effect; 0 before the first event. */
  readonly position: number;
  /** `kernel.events.id` of the event at that position: a restored log shows itself by another one. */
  readonly event_id: number;
  readonly epoch: string;
  /** Raised by each new owner; an owner with a lower one can't commit. */
  readonly fence: number;
}

const COLUMNS = 'subscription, generation, partition, position, event_id, epoch, fence';

/** Creates the checkpoint of a subscription that this database sees for the first time. */
export async function createCheckpoint(on: Queryable, subscription: string, epoch: string): Promise<void> {
  await on.query({
    text: `INSERT INTO kernel.checkpoints (subscription, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
    values: [subscription, epoch],
  });
}

export async function readCheckpoint(on: Queryable, subscription: string): Promise<Checkpoint | undefined> {
  const { rows } = await on.query<Checkpoint & { [column: string]: unknown }>({
    name: 'kernel_read_checkpoint',
    text: `SELECT ${COLUMNS} FROM kernel.checkpoints WHERE subscription = $1 ORDER BY generation DESC, partition LIMIT 1`,
    values: [subscription],
  });
  return rows[0];
}

/** Every checkpoint, and the head of the log in the same snapshot. */
export async function readAllCheckpoints(on: Queryable): Promise<{ head: number; positions: Map<string, number> }> {
  const { rows } = await on.query<{ head: number; subscription: string | null; position: number }>({
    name: 'kernel_read_checkpoints',
    text: `SELECT s.head, c.subscription, min(c.position) AS position
             FROM kernel.log_state s LEFT JOIN kernel.checkpoints c ON true GROUP BY s.head, c.subscription`,
  });
  const known = rows.filter((row) => row.subscription !== null);
  return { head: rows[0]?.head ?? 0, positions: new Map(known.map((row) => [row.subscription!, row.position])) };
}

/** Moves a checkpoint over events that have no effect.
 *  @returns the id of the event at the new position, or undefined when another owner has moved the checkpoint. */
export async function moveCheckpoint(on: Queryable, from: Checkpoint, position: number): Promise<number | undefined> {
  const { rows } = await on.query<{ event_id: number }>({
    name: 'kernel_move_checkpoint',
    text: `UPDATE kernel.checkpoints c SET position = l.position, event_id = l.event_id, updated_at = clock_timestamp()
             FROM kernel.log l
            WHERE l.position = $1 AND c.subscription = $2 AND c.generation = $3 AND c.partition = $4
              AND c.position = $5 AND c.fence = $6
        RETURNING c.event_id`,
    values: [position, from.subscription, from.generation, from.partition, from.position, from.fence],
  });
  return rows[0]?.event_id;
}

/** The compare-and-set of every effect: fence and old position must still be there, or nothing happens. $1…$6. */
export const MOVE_CHECKPOINT = `UPDATE kernel.checkpoints SET position = $1, event_id = $2, updated_at = clock_timestamp()
  WHERE subscription = $3 AND generation = $4 AND partition = $5 AND position = $6 AND fence = $7`;

export function moveValues(from: Checkpoint, to: { position: number; eventId: number }): unknown[] {
  return [to.position, to.eventId, from.subscription, from.generation, from.partition, from.position, from.fence];
}

/** How many parameters the compare-and-set takes: what is composed behind it counts on from here. */
export const MOVE_PARAMS = 7;

/** Is there an event of these names in (after, to]? If not, a view is as fresh at `after` as at `to`. */
export async function hasEventsBetween(
  on: Queryable,
  range: { after: number; to: number; names: readonly string[] },
): Promise<boolean> {
  const { rows } = await on.query<{ found: boolean }>({
    name: 'kernel_has_events_between',
    text: `SELECT EXISTS (SELECT FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
            WHERE l.position > $1 AND l.position <= $2 AND e.name = ANY ($3)) AS found`,
    values: [range.after, range.to, range.names],
  });
  return rows[0]!.found;
}
