import type { Queryable } from '../../../../kernel/event-log/sql/queryable.js';

export interface OpenWork {
  readonly work: 'command' | 'effect';
  readonly name: string;
  readonly state: string;
  readonly count: number;
}

/** Stored commands and effects that are not done. Indexes: ix_outgoing_commands_open, ix_effects_due, ix_effects_dead_lettered. */
export async function countOpenWork(on: Queryable): Promise<OpenWork[]> {
  const { rows } = await on.query<OpenWork & { [column: string]: unknown }>({
    text: `SELECT 'command' AS work, o.name, o.state, count(*)::int AS count FROM kernel.outgoing_commands o
            WHERE o.state IN ('queued', 'dead-lettered') GROUP BY o.name, o.state
           UNION ALL
           SELECT 'effect', e.kind, e.state, count(*)::int FROM kernel.effects e
            WHERE e.state IN ('pending', 'running') GROUP BY e.kind, e.state
           UNION ALL
           SELECT 'effect', e.kind, e.state, count(*)::int FROM kernel.effects e WHERE e.state = 'dead-lettered' GROUP BY e.kind, e.state`,
  });
  return rows;
}
