import type { Queryable } from './queryable.js';

/** An event of the log: `kernel.events.id`, and its UUID. The id alone may be given again after a failover. */
export interface EventRef {
  readonly id: number;
  readonly eventId: string;
}

/** The position of an event: null while it has none; undefined where the log doesn't hold it (any more). Indexes: the primary
 *  key of kernel.events, ux_log_event_id. */
export async function positionOfEvent(on: Queryable, event: EventRef): Promise<number | null | undefined> {
  const { rows } = await on.query<{ position: number | null }>({
    name: 'kernel_position_of_event',
    text: `SELECT (SELECT l.position FROM kernel.log l WHERE l.event_id = e.id) AS position
             FROM kernel.events e WHERE e.id = $1 AND e.event_id = $2`,
    values: [event.id, event.eventId],
  });
  return rows[0]?.position;
}
