import type { CommitWrite } from '../../commands/commit-statement.js';
import type { Queryable } from '../../event-log/sql/queryable.js';
import type { MessageContextFields, ResourceTemplate } from '../../messages/message-context.js';

/** Everything that the stored command is executed with, besides its content. */
export type StoredContext = Required<
  Pick<
    MessageContextFields,
    'tenant' | 'principal' | 'actor' | 'correlationId' | 'causationId' | 'imported' | 'causationDepth'
  >
> & { readonly traceparent?: string | undefined };

export interface OutgoingCommandRow {
  readonly id: string;
  readonly instance: string;
  readonly name: string;
  /** Null once it has ended: it may hold personal data, and no process needs it any more. */
  readonly data: object | null;
  readonly context: StoredContext;
  readonly state: 'queued' | 'succeeded' | 'refused' | 'dead-lettered' | 'cancelled';
  readonly attempts: number;
  readonly error: string | null;
  /** Route that a client sent it to; null: caused by other commands. */
  readonly operation: string | null;
  /** RFC 3339, as the other times. */
  readonly due_at: string;
  readonly claimed_until: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

/** What {@link STORE_COMMANDS} takes. */
export interface NewCommandRow {
  readonly id: string;
  readonly instance: string;
  readonly name: string;
  readonly data: object;
  readonly context: StoredContext;
  readonly dueAt: string | null;
  readonly operation?: string;
  readonly resource?: ResourceTemplate;
}

/** Stores commands in the commit of what causes them. The same command again changes nothing; another one under its id fails
 *  the commit (kernel.is_other_command). */
export const STORE_COMMANDS: CommitWrite = {
  id: 'kernel.outgoing_commands',
  work: 'commands',
  sql: (
    param,
  ) => `INSERT INTO kernel.outgoing_commands AS o (id, instance, name, data, content_hash, context, due_at, operation, resource)
    SELECT r.id, r.instance, r.name, r.data,
           encode(sha256(convert_to(jsonb_build_array(r.id, r.context->'tenant', r.name, r.data)::text, 'UTF8')), 'hex'),
           r.context, coalesce(r."dueAt", clock_timestamp()), r.operation, r.resource
      FROM jsonb_to_recordset(${param}) AS r (id uuid, instance text, name text, data jsonb, context jsonb, "dueAt" timestamptz,
                                              operation text, resource jsonb)
    ON CONFLICT (id) DO UPDATE SET state = o.state
     WHERE kernel.is_other_command(o.id, o.content_hash, excluded.content_hash)`,
};

/** Ends a command in the commit of its own effects: also one that was cancelled or dead-lettered while it was being executed.
 *  Index: the primary key, by the array. */
export const FINISH_COMMANDS: CommitWrite = {
  id: 'kernel.outgoing_commands finished',
  work: 'commands',
  sql: (param) => `UPDATE kernel.outgoing_commands o
       SET state = r.state, error = r.error, finished_at = clock_timestamp(), claimed_until = NULL
      FROM jsonb_to_recordset(${param}) AS r (id uuid, state text, error text)
     WHERE o.id = ANY (ARRAY(SELECT (k->>'id')::uuid FROM jsonb_array_elements(${param}) AS k))
       AND o.id = r.id AND o.state NOT IN ('succeeded', 'refused')`,
};

/** Due commands, at most one per instance, claimed for a while. */
export async function claimCommands(on: Queryable, limit: number, claimMs: number): Promise<OutgoingCommandRow[]> {
  const { rows } = await on.query<OutgoingCommandRow & { [column: string]: unknown }>({
    name: 'kernel_claim_commands',
    text: `SELECT id, instance, name, data, context, state, attempts, error, operation, due_at, claimed_until, created_at,
                  finished_at FROM kernel.claim_commands($1, $2 * interval '1 millisecond') ORDER BY seq`,
    values: [limit, claimMs],
  });
  return rows;
}

/** Notes a failed try: due again after a pause, or dead-lettered when `tryInMs` is undefined. */
export async function commandFailed(
  on: Queryable,
  id: string,
  failure: { attempts: number; error: string; tryInMs: number | undefined },
): Promise<void> {
  await on.query({
    text: `UPDATE kernel.outgoing_commands
              SET attempts = $2, error = $3, claimed_until = NULL,
                  state = CASE WHEN $4::float8 IS NULL THEN 'dead-lettered' ELSE state END,
                  due_at = clock_timestamp() + coalesce($4::float8, 0) * interval '1 millisecond'
            WHERE id = $1 AND state = 'queued'`,
    values: [id, failure.attempts, failure.error, failure.tryInMs ?? null],
  });
}

/** Ends a command whose answer was stored before. */
export async function endCommand(on: Queryable, id: string, state: 'succeeded' | 'refused'): Promise<void> {
  await on.query({
    text: `UPDATE kernel.outgoing_commands SET state = $2, finished_at = clock_timestamp(), claimed_until = NULL
            WHERE id = $1 AND state = 'queued'`,
    values: [id, state],
  });
}

/** Takes a command back that hasn't begun. @returns whether it was still to be had. */
export async function cancelCommand(on: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await on.query({
    text: `UPDATE kernel.outgoing_commands SET state = 'cancelled', finished_at = clock_timestamp()
            WHERE id = $1 AND state IN ('queued', 'dead-lettered') AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())`,
    values: [id],
  });
  return rowCount === 1;
}

export async function readCommand(on: Queryable, id: string): Promise<OutgoingCommandRow | undefined> {
  const { rows } = await on.query<OutgoingCommandRow & { [column: string]: unknown }>({
    name: 'kernel_read_command',
    text: `SELECT id, instance, name, data, context, state, attempts, error, operation, due_at, claimed_until, created_at,
                  finished_at FROM kernel.outgoing_commands WHERE id = $1`,
    values: [id],
  });
  return rows[0];
}

/** When the next queued command is due, in ms from now; undefined when none waits for its time. */
export async function nextCommandInMs(on: Queryable): Promise<number | undefined> {
  const { rows } = await on.query<{ in_ms: number | null }>({
    name: 'kernel_next_command',
    text: `SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::float8 AS in_ms
             FROM kernel.outgoing_commands WHERE state = 'queued' AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())
              AND due_at > clock_timestamp()`,
  });
  return rows[0]?.in_ms ?? undefined;
}
