import { createHash } from 'node:crypto';
import type { QueryResult } from 'pg';
import type { Work } from '../event-log/commit-signal.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { RequiredView } from './required-views.js';

/** How a unit of work finds a stream: see kernel.commit. */
export type StreamMode = 'exact' | 'none' | 'exists' | 'any' | 'guard';

/** The argument of kernel.commit; each list sorted by the caller, because that is the lock order. */
export interface CommitWork {
  /** The log's epoch that the unit was loaded from; undefined: whatever. */
  readonly epoch?: string | undefined;
  readonly keys: readonly object[];
  readonly streams: readonly object[];
  readonly uniques: readonly object[];
  readonly events: readonly object[];
  readonly views?: readonly RequiredView[];
}

/** One kind of row that commits together with events: an inline view, personal data. Writes are merged per kind. */
export interface CommitWrite {
  /** Permanent and unique per kind; also the order in which kinds are written: (schema, table). */
  readonly id: string;
  /** A data-modifying statement that reads its rows from `jsonb_to_recordset(param)`; `c` is the commit's result with
   *  columns (stream_id, version, last_event_id, last_event), so that ids flow into rows. An UPDATE by a
   *  key of one column also has `key = ANY (ARRAY(SELECT …))`: a join alone is planned for a hundred rows, and may pass
   *  over the whole table (ADR 11). */
  sql(param: string): string;
  /** Its rows are work for a worker, which is woken by the commit. */
  readonly work?: Work;
}

/** A function of the kernel that must agree, in the same transaction, or everything is rolled back: a subscription's
 *  checkpoint and fence. */
export interface CommitGuard {
  readonly call: 'kernel.advance' | 'kernel.settle_failed_event';
  readonly argument: object;
}

export interface CommittedStream {
  readonly stream_id: string;
  readonly version: number;
  readonly last_event_id: number;
  /** UUID of that event. */
  readonly last_event: string;
}

/** The work's key is known: nothing was written. As kernel.commit raises it where other writes hang on the statement. */
class KnownKey extends Error {
  readonly code = 'WB001';

  constructor() {
    super('idempotency key is known');
  }
}

/** What kernel.commit returns instead of a stream's id for a known key. */
const KNOWN_KEY = '';

const composed = new Map<string, { name: string; text: string }>();

/** One statement for each combination of commit writes, composed once and then run by name: the planner sees it once per
 *  connection, and the whole command costs one round trip and no open transaction. */
function statementFor(
  commitWrites: readonly CommitWrite[],
  guard: CommitGuard | undefined,
): { name: string; text: string } {
  const id = [...commitWrites.map((write) => write.id), guard?.call ?? ''].join(',');
  const known = composed.get(id);
  if (known !== undefined) return known;
  const parts = commitWrites.map((write, index) => `, s${index} AS (${write.sql(rowsOf(index + 2, guard))})`);
  const columns = 'c.stream_id, c.version, c.last_event_id, c.last_event';
  const commit =
    'WITH c AS MATERIALIZED (SELECT stream_id, version, last_event_id, last_event FROM kernel.commit($1::jsonb))';
  const text =
    guard === undefined
      ? `${commit}${parts.join('')} SELECT ${columns} FROM c`
      : `${commit}${parts.join('')}, g AS MATERIALIZED (SELECT ${guard.call}($${commitWrites.length + 2}::jsonb) AS ok) ` +
        `SELECT ${columns} FROM g LEFT JOIN c ON g.ok`;
  const statement = { name: `kernel_commit_${createHash('sha256').update(id).digest('hex').slice(0, 16)}`, text };
  composed.set(id, statement);
  return statement;
}

/** The commit rows. There are none for a known key, which kernel.commit reports without an error unless there is a guard. */
function rowsOf(parameter: number, guard: CommitGuard | undefined): string {
  const given = `$${parameter}::jsonb`;
  if (guard !== undefined) return given;
  return `(SELECT CASE WHEN EXISTS (SELECT FROM c WHERE c.stream_id = '${KNOWN_KEY}') THEN '[]'::jsonb ELSE ${given} END)`;
}

/**
 * Runs the one statement that writes a whole unit of work. In autocommit it *is* the transaction.
 *
 * @throws an error with the code WB001 for a known key, as for everything that kernel.commit raises: roll back
 */
export async function commitWork(
  on: Queryable,
  work: CommitWork,
  commitWrites: ReadonlyMap<CommitWrite, readonly object[]>,
  guard?: CommitGuard,
): Promise<readonly CommittedStream[]> {
  const sorted = [...commitWrites.keys()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const argument = guard === undefined ? { ...work, returnsKnownKey: true } : work;
  const values = [JSON.stringify(argument), ...sorted.map((write) => JSON.stringify(commitWrites.get(write)))];
  if (guard !== undefined) values.push(JSON.stringify(guard.argument));
  const result: QueryResult<CommittedStream & { [column: string]: unknown }> = await on.query({
    ...statementFor(sorted, guard),
    values,
  });
  if (result.rows[0]?.stream_id === KNOWN_KEY) throw new KnownKey();
  return result.rows.filter((row) => row.stream_id !== null);
}
