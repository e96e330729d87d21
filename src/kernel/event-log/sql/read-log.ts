import type { EventRow } from '../stored-event.js';
import { eventColumns } from './event-columns.js';
import type { Queryable } from './queryable.js';

export interface LogRange {
  /** First position wanted, minus one. */
  readonly after: number;
  /** Last position wanted; at most the head. */
  readonly to: number;
  /** Only events of these names; undefined for all. */
  readonly names?: readonly string[] | undefined;
}

/** The events at (after, to], by position, each by its id: a join may be planned as a pass over all events. A second
 *  statement after sequence(), never combined with it: a slow reader would hold the sequencer's lock while its rows are sent,
 *  and could see positions that aren't committed. */
export async function readLog(on: Queryable, range: LogRange): Promise<EventRow[]> {
  const { rows } = await on.query<EventRow>({
    name: 'kernel_read_log',
    text: `SELECT l.position, ${eventColumns()}
             FROM kernel.log l CROSS JOIN LATERAL (SELECT * FROM kernel.events WHERE id = l.event_id OFFSET 0) e
            WHERE l.position > $1 AND l.position <= $2 AND ($3::text[] IS NULL OR e.name = ANY ($3))
            ORDER BY l.position`,
    values: [range.after, range.to, range.names ?? null],
  });
  return rows;
}
