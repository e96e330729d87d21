import { Injectable, applyDecorators, SetMetadata, type Type } from '@nestjs/common';

export const PROJECTION_METADATA = 'waybill:projection';

/** What one row adds to totals that many rows share. */
export interface Contribution {
  /** The key columns of the totals table, by property name. */
  readonly key: Readonly<Record<string, string>>;
  /** Integers to add, by property name. */
  readonly amounts: Readonly<Record<string, number>>;
  /** Texts that the latest contribution sets, by property name: a product's name beside its sums. */
  readonly labels?: Readonly<Record<string, string | null>>;
}

/** A table of sums over rows. The kernel adds contribute(after) − contribute(before), so a change takes the old part out. */
export interface Totals<Row = never> {
  /** TypeORM entity of the totals table: key columns primary, amounts `numeric` (or `bigint`, if no sum can leave it) not null. */
  readonly view: Type<object>;
  readonly contribute: (row: Row) => readonly Contribution[];
}

export interface ProjectionOptions {
  /** Permanent: it is the checkpoint's name. `<context>.<view-in-kebab>`. */
  readonly name: string;
  /** Counts up when the fold or the table changes; a view of another version is rebuilt, never mixed. */
  readonly version: number;
  /** `inline`: written in the command's own commit, one row per stream. `async`: from the log, soon after. */
  readonly mode: 'inline' | 'async';
  /**
   * Whose rows an inline view has: the prefix of the streams that it folds, `<context>.<aggregate>`. A row's key is what
   * follows in the stream's name, so no other stream can write it. Required for `inline`, refused for `async`.
   */
  readonly stream?: string;
  /** TypeORM entity of the read table, in the context's `_read` schema. */
  readonly view: Type<object>;
  readonly totals?: readonly Totals[];
  /** Into how many partitions, by row key, an async view starts; default 8. 1 keeps the total order. */
  readonly partitions?: number;
}

/**
 * Declares a read view as a pure fold: for each event, `(row | undefined, event, meta) → row | undefined`, in methods
 * marked with `@On`. The kernel finds the rows, calls the fold and writes the result; a fold does no I/O.
 * `keys(event, meta)` returns which rows an event touches; without it, the key columns are read from the event.
 */
export function Projection(options: ProjectionOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(PROJECTION_METADATA, options));
}

/** Typed totals, because `contribute` takes the row of the projection's own view. */
export function totals<Row>(of: Totals<Row>): Totals {
  return of;
}
