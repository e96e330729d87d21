import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Queryable } from '../event-log/sql/queryable.js';

/**
 * The real transaction of a unit of work, opened as late as possible: most commands never open one. The first use of
 * TypeORM (or of a stream's lock) begins it; the commit statement is then its last one. It runs on one connection of
 * TypeORM's write data source, so that entities, raw reads and the commit see each other.
 */
export class UnitTransaction {
  #runner: QueryRunner | undefined;
  #begun: Promise<Queryable> | undefined;

  constructor(private readonly write: DataSource) {}

  get isOpen(): boolean {
    return this.#begun !== undefined;
  }

  /** An entity manager bound to the transaction; its first query begins it. */
  manager(): EntityManager {
    return this.#bound().manager;
  }

  /** The transaction's connection, for statements of the kernel. */
  client(): Promise<Queryable> {
    return (this.#begun ??= this.#begin());
  }

  async commit(): Promise<void> {
    await (await this.client()).query({ text: 'COMMIT' });
    await this.#release();
  }

  /** Never throws: the connection is given up when even ROLLBACK fails. */
  async rollback(): Promise<void> {
    if (this.#runner === undefined) return;
    try {
      if (this.#begun !== undefined) await (await this.#begun).query({ text: 'ROLLBACK' });
    } catch {
      // The connection is broken: the server rolls back by itself.
    }
    await this.#release();
  }

  async #release(): Promise<void> {
    const runner = this.#runner;
    this.#runner = undefined;
    this.#begun = undefined;
    if (runner === undefined) return;
    active(runner, false);
    await runner.release();
  }

  async #begin(): Promise<Queryable> {
    const client = (await this.#bound().connect()) as PoolClient;
    await client.query('BEGIN');
    return client;
  }

  /** TypeORM's own begin is replaced by ours: its `save` would open and commit a transaction of its own. */
  #bound(): QueryRunner {
    if (this.#runner !== undefined) return this.#runner;
    const runner = this.write.createQueryRunner();
    active(runner, true);
    const query: QueryRunner['query'] = runner.query.bind(runner);
    runner.query = (async (...args: Parameters<QueryRunner['query']>): Promise<unknown> => {
      await this.client();
      return query(...args);
    }) as QueryRunner['query'];
    this.#runner = runner;
    return runner;
  }
}

/** With a depth, TypeORM's `transaction()` becomes a savepoint in ours; without one it would begin, and COMMIT ours. */
function active(runner: QueryRunner, isActive: boolean): void {
  Object.assign(runner, { isTransactionActive: isActive, transactionDepth: isActive ? 1 : 0 });
}
