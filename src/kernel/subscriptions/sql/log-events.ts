import type { Queryable } from '../../event-log/sql/queryable.js';

/** UUID of the event at a position; null where there is none, also for 0. Indexes: the primary keys. */
export async function eventAt(on: Queryable, position: number): Promise<string | null> {
  const { rows } = await on.query<{ event_id: string }>({
    text: 'SELECT e.event_id FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = $1',
    values: [position],
  });
  return rows[0]?.event_id ?? null;
}

/** The last position there is, with the event's UUID; 0 and null before the first event. */
export async function lastPlace(on: Queryable): Promise<{ position: number; eventId: string | null }> {
  const { rows } = await on.query<{ position: number; eventId: string | null }>({
    text: `SELECT s.head AS position,
                  (SELECT e.event_id FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = s.head) AS "eventId"
             FROM kernel.log_state s`,
  });
  return rows[0]!;
}
