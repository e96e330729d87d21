import type { EventRow } from '../stored-event.js';
import type { Queryable } from './queryable.js';

/** Those of some known events that the log doesn't hold (any more). Index: the primary key of kernel.events. */
export async function lostEvents(on: Queryable, known: readonly EventRow[]): Promise<EventRow[]> {
  if (known.length === 0) return [];
  const { rows } = await on.query<{ event_id: string }>({
    text: `SELECT e.event_id FROM unnest($1::bigint[], $2::uuid[]) AS k (id, event_id)
             JOIN kernel.events e ON e.id = k.id AND e.event_id = k.event_id`,
    values: [known.map(({ id }) => id), known.map(({ event_id }) => event_id)],
  });
  const held = new Set(rows.map(({ event_id }) => event_id));
  return known.filter(({ event_id }) => !held.has(event_id));
}
