import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

/** Counting stops here: more than this is a standstill, whatever the exact number. */
const COUNT_LIMIT = 100_000;

export interface LogStateRow {
  readonly epoch: string;
  /** RFC 3339. */
  readonly epochStartedAt: string;
  readonly head: number;
  readonly gaps: number;
  readonly eventsNotSequenced: number;
  readonly oldestTransactionSeconds: number;
  readonly seesAllTransactions: boolean;
  /** RFC 3339; null while the log is empty. */
  readonly lastEventAt: string | null;
}

/** Indexes: the primary keys. The function needs a role that may execute it: application or worker. */
export async function readLogState(on: Queryable): Promise<LogStateRow> {
  const { rows } = await on.query<LogStateRow & { [column: string]: unknown }>({
    text: `SELECT p.epoch, p.started_at AS "epochStartedAt", s.head, (SELECT coalesce(sum(g.hi - g.lo + 1), 0)::bigint FROM unnest(s.gap_from, s.gap_to) AS g (lo, hi)) AS gaps,
                  (SELECT count(*) FROM (SELECT FROM kernel.events e
                    WHERE e.id > s.highest_id OR EXISTS (SELECT FROM unnest(s.gap_from, s.gap_to) AS g (lo, hi) WHERE e.id BETWEEN g.lo AND g.hi) LIMIT $1) AS waiting)::int AS "eventsNotSequenced",
                  t.age_s AS "oldestTransactionSeconds", t.sees_all AS "seesAllTransactions",
                  (SELECT e.recorded_at FROM kernel.events e ORDER BY e.id DESC LIMIT 1) AS "lastEventAt"
             FROM kernel.log_state s, kernel.oldest_transaction() t,
                  (SELECT epoch, started_at FROM kernel.epochs ORDER BY id DESC LIMIT 1) AS p`,
    values: [COUNT_LIMIT],
  });
  return rows[0]!;
}
