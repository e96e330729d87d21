import { Injectable } from '@nestjs/common';
import type { QueryConfig, QueryResultRow } from 'pg';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { Pools } from '../database/pools.js';

/**
 * Reads by SQL, on the connection that fits. Inside a command: the write side (its open transaction, else the
 * application's pool), because a read that decides a write must not be stale. Outside: the read-only query role.
 */
@Injectable()
export class ReadSql {
  constructor(private readonly pools: Pools) {}

  /** Give statements that run often a permanent name: the server then plans them once per connection. */
  async query<R extends QueryResultRow>(statement: QueryConfig): Promise<R[]> {
    const { rows } = await (await this.#connection()).query<R>(statement);
    return rows;
  }

  async #connection(): Promise<{ query: Pools['app']['query'] }> {
    const unit = UnitOfWork.current();
    if (unit === undefined) return this.pools.query;
    unit.assertOpen('Reading by SQL');
    if (unit.transaction.isOpen) return unit.transaction.client() as Promise<{ query: Pools['app']['query'] }>;
    return this.pools.app;
  }
}
