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

/** A part of the log that was read in one snapshot, so that all of it is of one history. */
export interface LogPart {
  /** The events wanted, by position. */
  readonly rows: readonly EventRow[];
  /** Behind which position it begins. */
  readonly after: number;
  /** Up to where it goes, and the UUID of the event there, whatever its name. */
  readonly to: number;
  readonly eventId: string;
  /** UUID of the event at `after`; undefined where that is 0. */
  readonly afterEventId: string | undefined;
}

/** The log ends before the range does: it was rewound by a failover or a restore since its head was read. */
export class LogRewound extends Error {
  readonly code = 'log-rewound';

  constructor(readonly position: number) {
    super(`The log holds no event at position ${position} any more: it was failed over or restored.`);
  }
}

/** The events at (after, to], by position, each by its id: a join may be planned as a pass over all events. A second
 *  statement after sequence(), never combined with it: a slow reader would hold the sequencer's lock while its rows are sent,
 *  and could see positions that aren't committed. The events at both ends are read whatever their names: their UUIDs show
 *  whether this is still the log that the reader knows. @throws LogRewound */
export async function readLog(on: Queryable, range: LogRange): Promise<LogPart> {
  const { after, to, names } = range;
  const { rows } = await on.query<EventRow & { readonly position: number }>({
    name: 'kernel_read_log',
    text: `SELECT l.position, ${eventColumns()}
             FROM kernel.log l CROSS JOIN LATERAL (SELECT * FROM kernel.events WHERE id = l.event_id OFFSET 0) e
            WHERE l.position >= $1 AND l.position <= $2
              AND ($3::text[] IS NULL OR e.name = ANY ($3) OR l.position = $1 OR l.position = $2)
            ORDER BY l.position`,
    values: [after, to, names ?? null],
  });
  const last = rows.at(-1);
  if (last?.position !== to) throw new LogRewound(to);
  const wanted = names === undefined ? undefined : new Set(names);
  const hasFirst = rows[0]!.position === after;
  return {
    rows: rows.filter((row) => row.position > after && (wanted?.has(row.name) ?? true)),
    after,
    to,
    eventId: last.event_id,
    afterEventId: hasFirst ? rows[0]!.event_id : undefined,
  };
}
