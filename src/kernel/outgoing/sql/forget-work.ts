import type { Queryable } from '../../event-log/sql/queryable.js';

/*
 * What a retention deletes beside clients' keys. Each statement takes at most one batch, passes over what another process
 * deletes right now, and returns how many rows it has deleted.
 */

/** Stored commands that no client has sent and that have ended. Index: ix_outgoing_commands_forget_work. */
export async function forgetCommands(on: Queryable, retentionDays: number, batchSize: number): Promise<number> {
  const { rowCount } = await on.query({
    text: `DELETE FROM kernel.outgoing_commands
            WHERE id = ANY (ARRAY(SELECT id FROM kernel.outgoing_commands
              WHERE operation IS NULL AND finished_at < clock_timestamp() - make_interval(days => $1)
              LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    values: [retentionDays, batchSize],
  });
  return rowCount ?? 0;
}

/** The results of such commands; each was stored with the end of its command. Index: ix_idempotency_system_created_at. */
export async function forgetSystemKeys(on: Queryable, retentionDays: number, batchSize: number): Promise<number> {
  const { rowCount } = await on.query({
    text: `DELETE FROM kernel.idempotency
            WHERE ctid = ANY (ARRAY(SELECT ctid FROM kernel.idempotency
              WHERE kind = 'system' AND created_at < clock_timestamp() - make_interval(days => $1)
              LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    values: [retentionDays, batchSize],
  });
  return rowCount ?? 0;
}

/** Effects that were carried out. Index: ix_effects_forget. */
export async function forgetEffects(on: Queryable, retentionDays: number, batchSize: number): Promise<number> {
  const { rowCount } = await on.query({
    text: `DELETE FROM kernel.effects
            WHERE id = ANY (ARRAY(SELECT id FROM kernel.effects
              WHERE state = 'done' AND ended_at < clock_timestamp() - make_interval(days => $1)
              LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    values: [retentionDays, batchSize],
  });
  return rowCount ?? 0;
}

/** Entries of the audit, oldest first. Index: the primary key, which is in the order of time. */
export async function forgetAudit(on: Queryable, retentionDays: number, batchSize: number): Promise<number> {
  const { rowCount } = await on.query({
    text: `DELETE FROM kernel.audit
            WHERE id = ANY (ARRAY(SELECT id FROM kernel.audit
              WHERE at < clock_timestamp() - make_interval(days => $1)
              ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    values: [retentionDays, batchSize],
  });
  return rowCount ?? 0;
}
