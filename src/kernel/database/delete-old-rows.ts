import type { Queryable } from '../event-log/sql/queryable.js';

/** Which rows of a table a retention deletes. Constants of the code: they become part of the statement. */
interface OldRows {
  readonly table: string;
  /** What rows are found again by; `ctid` where there is no short key. */
  readonly id: 'id' | 'ctid';
  /** The column with the time since when a row is old. */
  readonly since: string;
  /** Which rows of the table; default: all. */
  readonly where?: string;
  /** What they are ordered by; default: nothing. */
  readonly orderBy?: string;
}

/** @returns how many rows were deleted, at most `batchSize` */
export type DeleteOldRows = (on: Queryable, retentionDays: number, batchSize: number) => Promise<number>;

/** A statement that deletes at most one batch of rows, and passes over those that another process deletes right now. */
export function deleteOldRows({ table, id, since, where, orderBy }: OldRows): DeleteOldRows {
  const text = `DELETE FROM ${table}
     WHERE ${id} = ANY (ARRAY(SELECT ${id} FROM ${table}
       WHERE ${where === undefined ? '' : `${where} AND `}${since} < clock_timestamp() - make_interval(days => $1)
       ${orderBy === undefined ? '' : `ORDER BY ${orderBy} `}LIMIT $2 FOR UPDATE SKIP LOCKED))`;
  return async (on, retentionDays, batchSize) => {
    const { rowCount } = await on.query({ text, values: [retentionDays, batchSize] });
    return rowCount ?? 0;
  };
}
