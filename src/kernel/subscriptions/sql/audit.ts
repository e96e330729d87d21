import type { Queryable } from '../../event-log/sql/queryable.js';

export interface AuditEntry {
  readonly principal: string;
  /** `<what>.<verb>`: dead-letters.retry. */
  readonly action: string;
  readonly subject: string;
  readonly reason?: string | undefined;
  readonly detail: object;
}

/** Says who did what and why, in the transaction that does it. */
export async function audit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.query({
    text: 'INSERT INTO kernel.audit (principal, action, subject, reason, detail) VALUES ($1, $2, $3, $4, $5)',
    values: [entry.principal, entry.action, entry.subject, entry.reason ?? null, JSON.stringify(entry.detail)],
  });
}

export interface AuditRow extends AuditEntry {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
}

/** The latest entries, newest first. */
export async function readAudit(on: Queryable, limit: number): Promise<AuditRow[]> {
  const { rows } = await on.query<AuditRow & { [column: string]: unknown }>({
    text: 'SELECT id, at, principal, action, subject, reason, detail FROM kernel.audit ORDER BY id DESC LIMIT $1',
    values: [limit],
  });
  return rows;
}
