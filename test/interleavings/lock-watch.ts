import type { ClientBase } from 'pg';

/** How the server processes of a schedule stand to each other. */
export interface Standing {
  /** Processes that wait, directly or behind others, for one of those that the scheduler lets stand still. */
  readonly waiting: ReadonlySet<number>;
  /** Processes that don't exist any more. */
  readonly gone: ReadonlySet<number>;
}

/** Looks at the server's processes through a connection of its own. */
export class LockWatch {
  constructor(private readonly client: ClientBase) {}

  /** @param working processes with a statement under way; every other process of the schedule stands still. */
  async look(working: readonly number[], standing: ReadonlySet<number>): Promise<Standing> {
    const { rows } = await this.client.query<{ pid: number; blockers: number[] }>({
      name: 'interleavings_blocked',
      text: `SELECT a.pid, pg_blocking_pids(a.pid) AS blockers FROM unnest($1::int[]) AS a (pid)
              WHERE EXISTS (SELECT FROM pg_stat_get_activity(a.pid))`,
      values: [working],
    });
    const blockers = new Map(rows.map((row) => [row.pid, row.blockers]));
    return {
      waiting: new Set(working.filter((pid) => waitsFor(pid, blockers, standing))),
      gone: new Set(working.filter((pid) => !blockers.has(pid))),
    };
  }

  /** A text that changes when the process begins another statement; undefined while it works on one. */
  async atRest(pid: number): Promise<string | undefined> {
    const { rows } = await this.client.query<{ started: string; state: string }>({
      name: 'interleavings_at_rest',
      text: `SELECT query_start::text AS started, state FROM pg_stat_get_activity($1)`,
      values: [pid],
    });
    return rows[0] === undefined || rows[0].state === 'active' ? undefined : rows[0].started;
  }
}

/** In a deadlock nobody waits for a process that stands still: the server ends it by itself. */
function waitsFor(
  pid: number,
  blockers: ReadonlyMap<number, readonly number[]>,
  standing: ReadonlySet<number>,
  seen = new Set<number>(),
): boolean {
  if (seen.has(pid)) return false;
  seen.add(pid);
  const ahead = blockers.get(pid) ?? [];
  return ahead.some((other) => standing.has(other) || waitsFor(other, blockers, standing, seen));
}
