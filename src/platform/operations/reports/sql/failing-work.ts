import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

/** Stored commands of one name, or effects of one kind, of which some have failed. */
export interface FailingWork {
  readonly work: 'command' | 'effect';
  readonly name: string;
  /** Given up: an operator must act. */
  readonly deadLettered: number;
  /** Failed at least once, and tried again by themselves. */
  readonly retried: number;
}

/** Indexes: ix_outgoing_commands_open, ix_effects_due, ix_effects_dead_lettered. */
export async function readFailingWork(on: Queryable): Promise<FailingWork[]> {
  const { rows } = await on.query<FailingWork & { [column: string]: unknown }>({
    text: `SELECT work, name, count(*) FILTER (WHERE state = 'dead-lettered')::int AS "deadLettered",
                  count(*) FILTER (WHERE state <> 'dead-lettered')::int AS retried
             FROM (SELECT 'command' AS work, name, state FROM kernel.outgoing_commands
                    WHERE state IN ('queued', 'dead-lettered') AND (state = 'dead-lettered' OR error IS NOT NULL)
                   UNION ALL
                   SELECT 'effect', kind, state FROM kernel.effects WHERE state IN ('pending', 'running') AND error IS NOT NULL
                   UNION ALL
                   SELECT 'effect', kind, state FROM kernel.effects WHERE state = 'dead-lettered') AS failed
            GROUP BY work, name ORDER BY work, name`,
  });
  return rows;
}
