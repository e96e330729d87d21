import type { OperatorAct } from '../operator-act.js';
import type { Queryable } from '../../event-log/sql/queryable.js';

export interface AuditEntry {
  /** `<what>.<verb>`: dead-letters.retry. */
  readonly action: string;
  readonly subject: string;
  readonly detail: object;
}

/** Records who did what and why, in the transaction that does it. */
export async function audit(tx: Queryable, { by, reason }: OperatorAct, entry: AuditEntry): Promise<void> {
  await tx.query({
    text: 'INSERT INTO kernel.audit (principal, action, subject, reason, detail) VALUES ($1, $2, $3, $4, $5)',
    values: [by.id, entry.action, entry.subject, reason ?? null, JSON.stringify(entry.detail)],
  });
}

export interface AuditRow {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly principal: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly detail: object;
}

export interface AuditFilter {
  readonly principal?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  /** Only entries older than this one. */
  readonly before?: number | undefined;
}

/** Entries, newest first. Index: the primary key. */
export async function readAudit(on: Queryable, filter: AuditFilter, limit: number): Promise<AuditRow[]> {
  const { principal, action, subject, before } = filter;
  const { rows } = await on.query<AuditRow & { [column: string]: unknown }>({
    text: `SELECT id, at, principal, action, subject, reason, detail FROM kernel.audit
            WHERE ($1::text IS NULL OR principal = $1) AND ($2::text IS NULL OR action = $2)
              AND ($3::text IS NULL OR subject = $3) AND ($4::bigint IS NULL OR id < $4)
            ORDER BY id DESC LIMIT $5`,
    values: [principal ?? null, action ?? null, subject ?? null, before ?? null, limit],
  });
  return rows;
}
