import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

/** How far the search for the first event that matters goes; behind by more, the event there stands for it. */
const SEARCHED = 2_000;

/** A subscription at a position; without event names it cares for all. */
export interface LaggingReader {
  readonly name: string;
  readonly position: number;
  readonly eventNames?: readonly string[] | undefined;
}

/**
 * For how many seconds the oldest event has waited that a reader cares for and has not handled; 0 if there is none. An
 * event without a position counts for all: no reader can have read it. At most some seconds too much where a reader is far
 * behind. Index: the primary keys of log and events.
 */
export async function readLags(on: Queryable, readers: readonly LaggingReader[]): Promise<Map<string, number>> {
  const { rows } = await on.query<{ name: string; seconds: number | null }>({
    text: `SELECT w.name, extract(epoch FROM clock_timestamp() - coalesce(first.at, beyond.at, unread.at))::float8 AS seconds
             FROM unnest($1::text[], $2::bigint[], $3::text[]) AS w (name, position, events)
            CROSS JOIN kernel.log_state s
             LEFT JOIN LATERAL (SELECT e.recorded_at AS at FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                                 WHERE l.position > w.position AND l.position <= w.position + $4
                                   AND (w.events IS NULL OR e.name = ANY (string_to_array(w.events, ',')))
                                 ORDER BY l.position LIMIT 1) AS first ON true
             LEFT JOIN LATERAL (SELECT e.recorded_at AS at FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                                 WHERE l.position = w.position + $4 + 1) AS beyond ON true
             LEFT JOIN LATERAL (SELECT e.recorded_at AS at FROM kernel.events e
                                 WHERE e.id > s.highest_id ORDER BY e.id LIMIT 1) AS unread ON true`,
    values: [
      readers.map(({ name }) => name),
      readers.map(({ position }) => position),
      readers.map(({ eventNames }) => eventNames?.join(',') ?? null),
      SEARCHED,
    ],
  });
  return new Map(rows.map(({ name, seconds }) => [name, Math.max(0, seconds ?? 0)]));
}
