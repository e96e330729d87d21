import { Injectable } from '@nestjs/common';
import type { QueryConfig, QueryResultRow } from 'pg';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { Pools } from '../database/pools.js';
import type { Queryable } from '../event-log/sql/queryable.js';

/**
 * Reads by SQL, on the connection that fits. Inside a command: the write side (its open transaction, else the
 * pool of whoever runs it), because a read that decides a write must not be stale. Outside: the read-only query role.
 */
@Injectable()
export class ReadSql {
  constructor(private readonly pools: Pools) {}

  /** Give statements that run often a permanent name: the server then plans them once per connection. */
  async query<R extends QueryResultRow>(statement: QueryConfig): Promise<R[]> {
    const { rows } = await this.#connection().query<R>(statement);
    return rows;
  }

  #connection(): Queryable {
    const unit = UnitOfWork.current();
    if (unit === undefined) return this.pools.query;
    unit.assertOpen('Reading by SQL');
    return unit.transaction.connection;
  }
}
