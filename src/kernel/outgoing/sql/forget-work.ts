import { deleteOldRows } from '../../database/delete-old-rows.js';

/** Stored commands that no client has sent and that have ended. Index: ix_outgoing_commands_forget_work. */
export const forgetCommands = deleteOldRows({
  table: 'kernel.outgoing_commands',
  id: 'id',
  since: 'finished_at',
  where: 'operation IS NULL',
});

/** The results of such commands; each was stored with the end of its command. Index: ix_idempotency_system_created_at. */
export const forgetSystemKeys = deleteOldRows({
  table: 'kernel.idempotency',
  id: 'ctid',
  since: 'created_at',
  where: `kind = 'system'`,
});

/** Effects that were executed. Index: ix_effects_forget. */
export const forgetEffects = deleteOldRows({
  table: 'kernel.effects',
  id: 'id',
  since: 'ended_at',
  where: `state = 'done'`,
});

/** Entries of the audit, oldest first. Index: the primary key, which is in the order of time. */
export const forgetAudit = deleteOldRows({ table: 'kernel.audit', id: 'id', since: 'at', orderBy: 'id' });
