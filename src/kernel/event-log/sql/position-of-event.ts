import type { Queryable } from './queryable.js';

/** The position of an event, or undefined while it has none. Index: ux_log_event_id. */
export async function positionOfEvent(on: Queryable, eventId: number): Promise<number | undefined> {
  const { rows } = await on.query<{ position: number }>({
    name: 'kernel_position_of_event',
    text: 'SELECT position FROM kernel.log WHERE event_id = $1',
    values: [eventId],
  });
  return rows[0]?.position;
}
