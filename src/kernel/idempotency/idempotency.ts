import { deleteOldRows } from '../database/delete-old-rows.js';
import type { EventRef } from '../event-log/sql/position-of-event.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { MessageContext } from '../messages/message-context.js';

/** Under which unique row a command's answer is stored. */
export interface IdempotencyKey {
  readonly tenant: string;
  readonly principal: string;
  readonly operation: string;
  readonly key: string;
  readonly fingerprint: string | null;
  /** `client`: sent by a caller; `kernel`: made up for a command without one; both are forgotten after the retention.
   *  `system`: ids of stored commands, kept for ever unless RETENTION_WORK_DAYS limits them. */
  readonly kind: 'client' | 'kernel' | 'system';
}

/** What a command answered, as it is stored: replays and first answers alike are read from it. */
export interface CommandResult {
  /** `accepted`: the command will be executed later; the body is an {@link Acceptance}. */
  readonly outcome: 'result' | 'refusal' | 'accepted';
  /** JSON text; text, because jsonb would reorder keys and a replay must be byte for byte the same. */
  readonly body: string;
}

export interface StoredResult extends CommandResult {
  readonly fingerprint: string | null;
  /** The command's last event. */
  readonly lastEvent: EventRef | null;
}

/** Whereunder the answer to a stored command is found once there is one. */
export interface Acceptance {
  /** The stored command's id. */
  readonly id: string;
  /** The stored command's permanent name. */
  readonly name: string;
}

/** The same key came with another payload. */
export class IdempotencyKeyReused extends Error {
  readonly code = 'idempotency-key-reused';

  constructor() {
    super('This Idempotency-Key was used for another request. Use a new key.');
  }
}

/** The first request with this key is still being handled. */
export class RequestInProgress extends Error {
  readonly code = 'request-in-progress';

  constructor() {
    super('The first request with this Idempotency-Key is still in progress. Retry after 1 s with the same key.');
  }
}

/** The caller's key where one was sent, else the command's own id: so that an unknown COMMIT can always be found. */
export function idempotencyKey(context: MessageContext, operation: string, commandId: string): IdempotencyKey {
  const { tenant, principal, idempotency } = context;
  if (idempotency === undefined)
    return { tenant, principal: principal.id, operation, key: commandId, fingerprint: null, kind: 'kernel' };
  const { key, operation: scope, fingerprint, kind = 'client' } = idempotency;
  return { tenant, principal: principal.id, operation: scope, key, fingerprint, kind };
}

/** The key that an accepted command is executed under, for the caller whose key was answered by the acceptance. */
export function keyOfAccepted({ tenant, principal }: IdempotencyKey, body: string): IdempotencyKey {
  const { id, name } = JSON.parse(body) as Acceptance;
  return { tenant, principal, operation: name, key: id, fingerprint: '', kind: 'client' };
}

/** The answer stored under a key, with the id of its last event. Indexes: the two primary keys. */
export async function findStoredResult(on: Queryable, key: IdempotencyKey): Promise<StoredResult | undefined> {
  const { rows } = await on.query<StoredResult & { [column: string]: unknown }>({
    name: 'kernel_find_stored_result',
    text: `SELECT i.outcome, i.body, i.fingerprint,
                  CASE WHEN e.id IS NOT NULL THEN jsonb_build_object('id', e.id, 'eventId', e.event_id) END AS "lastEvent"
             FROM kernel.idempotency i
             LEFT JOIN kernel.events e
               ON e.tenant = i.tenant AND e.stream_id = i.last_stream AND e.version = i.last_version
            WHERE i.tenant = $1 AND i.principal = $2 AND i.operation = $3 AND i.key = $4`,
    values: [key.tenant, key.principal, key.operation, key.key],
  });
  return rows[0];
}

/** Client keys that are no longer answered. Index: ix_idempotency_created_at. */
export const forgetOldKeys = deleteOldRows({
  table: 'kernel.idempotency',
  id: 'ctid',
  since: 'created_at',
  where: `kind <> 'system'`,
});
