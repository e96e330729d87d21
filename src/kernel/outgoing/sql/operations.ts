import type { Actor } from '../../domain/index.js';
import type { EventRef } from '../../event-log/sql/position-of-event.js';
import type { Queryable } from '../../event-log/sql/queryable.js';
import type { ResourceTemplate } from '../../messages/message-context.js';
import type { OutgoingCommandRow } from './outgoing-commands.js';

/** A command that a client has sent to be executed later, with the answer it got. */
export interface OperationRow {
  readonly id: string;
  /** Of the command. */
  readonly name: string;
  readonly tenant: string;
  /** Who sent it. */
  readonly principal: string;
  /** In which capacity. */
  readonly actorType: Actor['type'];
  readonly state: OutgoingCommandRow['state'];
  readonly isClaimed: boolean;
  readonly attempts: number;
  /** Of the last try, for operators. */
  readonly error: string | null;
  readonly resource: ResourceTemplate;
  /** RFC 3339, as the other times. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: 'result' | 'refusal' | null;
  readonly body: string | null;
  /** Its last event. */
  readonly lastEvent: EventRef | null;
}

const COLUMNS = `o.id, o.name, o.context->>'tenant' AS tenant, o.context->'principal'->>'id' AS principal,
  o.context->'actor'->>'type' AS "actorType", o.state,
  coalesce(o.claimed_until > clock_timestamp(), false) AS "isClaimed", o.attempts, o.error, o.resource,
  o.created_at AS "createdAt", coalesce(o.updated_at, o.created_at) AS "updatedAt", o.finished_at AS "finishedAt"`;

/** Whose operations are read; `principal` null: those of all. */
export interface OperationReader {
  readonly tenant: string;
  readonly principal: string | null;
}

/**
 * One operation, with its result. Commands that no client has sent are none, nor are those of others than the reader: they
 * cost no more than an absent one, so that the time of a response does not show that they exist. Indexes: the primary keys
 * of the three.
 */
export async function readOperation(
  on: Queryable,
  id: string,
  reader?: OperationReader,
): Promise<OperationRow | undefined> {
  const { rows } = await on.query<OperationRow & { [column: string]: unknown }>({
    name: 'kernel_read_operation',
    text: `SELECT ${COLUMNS}, i.outcome, i.body, CASE WHEN e.id IS NOT NULL THEN jsonb_build_object('id', e.id, 'eventId', e.event_id) END AS "lastEvent"
             FROM kernel.outgoing_commands o
             LEFT JOIN kernel.idempotency i ON i.tenant = o.context->>'tenant'
               AND i.principal = o.context->'principal'->>'id' AND i.operation = o.name AND i.key = o.id::text
             LEFT JOIN kernel.events e
               ON e.tenant = i.tenant AND e.stream_id = i.last_stream AND e.version = i.last_version
            WHERE o.id = $1 AND o.operation IS NOT NULL AND ($2::text IS NULL OR o.context->>'tenant' = $2)
              AND ($3::text IS NULL OR o.context->'principal'->>'id' = $3)`,
    values: [id, reader?.tenant ?? null, reader?.principal ?? null],
  });
  return rows[0];
}

/** Operations that haven't ended, oldest first. Index: ix_outgoing_commands_open. */
export async function openOperations(on: Queryable, limit: number): Promise<OperationRow[]> {
  const { rows } = await on.query<OperationRow & { [column: string]: unknown }>({
    text: `SELECT ${COLUMNS}, NULL AS outcome, NULL AS body, NULL AS "lastEvent" FROM kernel.outgoing_commands o
            WHERE o.state IN ('queued', 'dead-lettered') AND o.operation IS NOT NULL ORDER BY o.seq LIMIT $1`,
    values: [limit],
  });
  return rows;
}

/** Those of some commands that have ended. Index: the primary key. */
export async function endedAmong(on: Queryable, ids: readonly string[]): Promise<string[]> {
  const { rows } = await on.query<{ id: string }>({
    name: 'kernel_ended_commands',
    text: `SELECT id FROM kernel.outgoing_commands WHERE id = ANY ($1::uuid[]) AND state NOT IN ('queued', 'dead-lettered')`,
    values: [ids],
  });
  return rows.map(({ id }) => id);
}

/** Makes a dead-lettered operation due now, with its tries counted anew. @returns whether there was one. */
export async function retryOperation(on: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await on.query({
    text: `UPDATE kernel.outgoing_commands SET state = 'queued', attempts = 0, due_at = clock_timestamp()
            WHERE id = $1 AND operation IS NOT NULL AND state = 'dead-lettered'`,
    values: [id],
  });
  return rowCount === 1;
}

/** Cancels an operation that isn't being executed. @returns whether there was one. */
export async function cancelOperation(on: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await on.query({
    text: `UPDATE kernel.outgoing_commands SET state = 'cancelled', finished_at = clock_timestamp()
            WHERE id = $1 AND operation IS NOT NULL AND state IN ('queued', 'dead-lettered')
              AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())`,
    values: [id],
  });
  return rowCount === 1;
}
