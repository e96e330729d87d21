import type { Queryable } from '../../event-log/sql/queryable.js';

/** Whether the log still holds that event at that position. Index: the primary key of kernel.log. */
export async function isLogEvent(on: Queryable, at: { position: number; event_id: number }): Promise<boolean> {
  const { rowCount } = await on.query({
    text: 'SELECT FROM kernel.log WHERE position = $1 AND event_id = $2',
    values: [at.position, at.event_id],
  });
  return rowCount === 1;
}

/** `kernel.events.id` of the event at a position. */
export async function eventAt(on: Queryable, position: number): Promise<number | undefined> {
  const { rows } = await on.query<{ event_id: number }>({
    text: 'SELECT event_id FROM kernel.log WHERE position = $1',
    values: [position],
  });
  return rows[0]?.event_id;
}

/** The last position there is, with the event's `kernel.events.id`; 0 and 0 before the first event. */
export async function lastPlace(on: Queryable): Promise<{ position: number; eventId: number }> {
  const { rows } = await on.query<{ position: number; eventId: number }>({
    text: `SELECT s.head AS position, coalesce(l.event_id, 0) AS "eventId"
             FROM kernel.log_state s LEFT JOIN kernel.log l ON l.position = s.head`,
  });
  return rows[0]!;
}
