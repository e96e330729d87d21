import { eventColumns } from '../../../../kernel/event-log/sql/event-columns.js';
import type { EventRow } from '../../../../kernel/event-log/stored-event.js';
import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

const COLUMNS = `l.position, ${eventColumns()}`;

/** Everything that some requests have caused, in the order of the log. Index: ix_events_correlation_id. */
export async function eventsOfCorrelations(
  on: Queryable,
  correlationIds: readonly string[],
  limit: number,
): Promise<EventRow[]> {
  const { rows } = await on.query<EventRow>({
    text: `SELECT ${COLUMNS} FROM kernel.events e LEFT JOIN kernel.log l ON l.event_id = e.id
            WHERE e.meta->>'correlationId' = ANY ($1) ORDER BY e.id LIMIT $2`,
    values: [correlationIds, limit],
  });
  return rows;
}

/** The requests that have changed any of some streams, latest last. Index: ux_events_stream_version. */
export async function correlationsOfStreams(
  on: Queryable,
  of: { readonly tenant: string; readonly streams: readonly string[]; readonly limit: number },
): Promise<string[]> {
  const { rows } = await on.query<{ id: string }>({
    text: `SELECT e.meta->>'correlationId' AS id FROM kernel.events e
            WHERE e.tenant = $1 AND e.stream_id = ANY ($2) GROUP BY 1 ORDER BY max(e.id) DESC LIMIT $3`,
    values: [of.tenant, of.streams, of.limit],
  });
  return rows.map(({ id }) => id).toReversed();
}

export interface CommandRow {
  readonly commandId: string;
  /** Route or name of the command. */
  readonly operation: string;
}

/**
 * What commands were called, of those whose answers are still kept. An answer is written right before its events (waits
 * for locks aside), so it is the first one found backwards from there. Milliseconds in, microseconds stored: hence the
 * one more. Indexes: ix_idempotency_created_at, ix_idempotency_system_command.
 */
export async function commandsOf(on: Queryable, events: readonly EventRow[]): Promise<CommandRow[]> {
  const firstOf = new Map(events.toReversed().map((row) => [row.meta.commandId, row.recorded_at]));
  const { rows } = await on.query<CommandRow & { [column: string]: unknown }>({
    text: `SELECT w.id AS "commandId", coalesce(kept.operation, own.operation) AS operation
             FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, at)
             LEFT JOIN LATERAL (SELECT i.operation FROM kernel.idempotency i
                                 WHERE i.command_id = w.id AND i.kind = 'system' LIMIT 1) AS kept ON true
             LEFT JOIN LATERAL (SELECT i.operation FROM kernel.idempotency i
                                 WHERE i.command_id = w.id AND i.kind <> 'system'
                                   AND i.created_at BETWEEN w.at - interval '10 s' AND w.at + interval '1 ms'
                                 ORDER BY i.created_at DESC LIMIT 1) AS own ON true
            WHERE coalesce(kept.operation, own.operation) IS NOT NULL`,
    values: [[...firstOf.keys()], [...firstOf.values()]],
  });
  return rows;
}

export interface FailedRow {
  readonly eventId: number;
  readonly subscription: string;
  readonly state: 'retrying' | 'waiting' | 'dead-lettered';
  readonly attempts: number;
  readonly error: string | null;
}

/** Where any of some events could not take effect. Few rows: what is stored as failed is an exception. */
export async function failedAmong(on: Queryable, ids: readonly number[]): Promise<FailedRow[]> {
  const { rows } = await on.query<FailedRow & { [column: string]: unknown }>({
    text: `SELECT h.event_id AS "eventId", h.subscription, h.state, h.attempts, h.error FROM kernel.failed_events h
            WHERE h.event_id = ANY ($1) ORDER BY h.subscription`,
    values: [ids],
  });
  return rows;
}
