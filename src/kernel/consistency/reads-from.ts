import { SetMetadata, type Type } from '@nestjs/common';

export const READS_FROM_METADATA = 'waybill:reads-from';

/** A row's key: its one key column, or key columns by the view's property names. Some of them: several rows. */
export type ReadKey = string | number | Readonly<Record<string, unknown>>;

export interface ReadOptions<Q extends object> {
  /** Which row of the views a query is about; undefined where that isn't known, as when it filters by another column. */
  readonly key: (query: Q) => ReadKey | undefined;
}

export interface ReadsFromDeclaration {
  readonly views: readonly Type<object>[];
  readonly key: ((query: object) => ReadKey | undefined) | undefined;
}

/**
 * On a query handler: the read views it reads, so that the query bus can wait until they have what the caller has seen,
 * and report what they lack. A query for one row names its key: then it waits for that row's partition alone, and reports
 * that row's events alone.
 * @example `@ReadsFrom(OrderSearchView, { key: ({ orderId }: GetOrderQuery) => orderId })`
 */
export function ReadsFrom<Q extends object>(...of: (Type<object> | ReadOptions<Q>)[]): ClassDecorator {
  const views = of.filter((part) => typeof part === 'function');
  const options = of.find((part) => typeof part === 'object');
  const key = options?.key as ReadsFromDeclaration['key'];
  return SetMetadata(READS_FROM_METADATA, { views, key } satisfies ReadsFromDeclaration);
}
