import { eventColumns } from '../../../../kernel/event-log/sql/event-columns.js';
import type { EventRow } from '../../../../kernel/event-log/stored-event.js';
import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

const COLUMNS = `l.position, ${eventColumns()}`;

/** How far the clocks of a process and of the database may be apart. */
const CLOCKS_APART = '10 min';

export interface LogWindow {
  /** First position wanted, minus one. */
  readonly after: number;
  /** Last position read. */
  readonly to: number;
  readonly name?: string | undefined;
  readonly limit: number;
}

/** Events of a stretch of the log, by position. Index: the primary key of kernel.log. */
export async function findInLog(on: Queryable, { after, to, name, limit }: LogWindow): Promise<EventRow[]> {
  const { rows } = await on.query<EventRow>({
    text: `SELECT ${COLUMNS} FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
            WHERE l.position > $1 AND l.position <= $2 AND ($3::text IS NULL OR e.name = $3) ORDER BY l.position LIMIT $4`,
    values: [after, to, name ?? null, limit],
  });
  return rows;
}

export interface StreamWindow {
  readonly stream: string;
  readonly tenant: string;
  readonly after: number;
  readonly name?: string | undefined;
  readonly limit: number;
}

/** Events of one stream, by position. Indexes: ux_events_stream_version, ux_log_event_id. */
export async function findInStream(on: Queryable, of: StreamWindow): Promise<EventRow[]> {
  const { rows } = await on.query<EventRow>({
    text: `SELECT ${COLUMNS} FROM kernel.events e JOIN kernel.log l ON l.event_id = e.id
            WHERE e.tenant = $1 AND e.stream_id = $2 AND l.position > $3 AND ($4::text IS NULL OR e.name = $4)
            ORDER BY l.position LIMIT $5`,
    values: [of.tenant, of.stream, of.after, of.name ?? null, of.limit],
  });
  return rows;
}

/** One event of a stream, whether it has a position yet or not. Index: ux_events_stream_version. */
export async function eventInStream(
  on: Queryable,
  of: { tenant: string; stream: string; version: number },
): Promise<EventRow | undefined> {
  const { rows } = await on.query<EventRow>({
    text: `SELECT ${COLUMNS} FROM kernel.events e LEFT JOIN kernel.log l ON l.event_id = e.id
            WHERE e.tenant = $1 AND e.stream_id = $2 AND e.version = $3`,
    values: [of.tenant, of.stream, of.version],
  });
  return rows[0];
}

/** The event at a position. Index: the primary key of kernel.log. */
export async function eventAtPosition(on: Queryable, position: number): Promise<EventRow | undefined> {
  const [row] = await findInLog(on, { after: position - 1, to: position, limit: 1 });
  return row;
}

/**
 * The event of an id, whether it has a position yet or not. The id contains its creation time (UUIDv7), so only events
 * recorded about then are read. Index: ix_events_recorded_at.
 */
export async function eventById(on: Queryable, eventId: string): Promise<EventRow | undefined> {
  const madeAt = madeAtMs(eventId);
  const { rows } = await on.query<EventRow>({
    text: `SELECT ${COLUMNS} FROM kernel.events e LEFT JOIN kernel.log l ON l.event_id = e.id
            WHERE e.event_id = $1 AND e.recorded_at BETWEEN to_timestamp($2) - $3::interval AND to_timestamp($2) + $3::interval`,
    values: [eventId, madeAt / 1_000, CLOCKS_APART],
  });
  return rows[0];
}

/** The highest position; 0 while the log is empty. */
export async function headOf(on: Queryable): Promise<number> {
  const { rows } = await on.query<{ head: number }>({ text: 'SELECT head FROM kernel.log_state' });
  return rows[0]?.head ?? 0;
}

function madeAtMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
