import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** Whatever runs a statement: a pool (autocommit) or the client of an open transaction. */
export interface Queryable {
  query<R extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<R>>;
}
