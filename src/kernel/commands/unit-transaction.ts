import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { EntityManager, QueryRunner } from 'typeorm';
import { breakConnection } from '../database/resilient-client.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { assertIsAllowed, endedByHandler } from './handler-sql.js';
import { changesRolledBack, Savepoint, savepointsOf, WaitedTooLong } from './savepoints.js';

/** What one query runner has begun, where its caller runs, and how it sends. */
interface RunnerSavepoints {
  readonly own: Savepoint[];
  readonly part: () => Savepoint;
  readonly send: (text: string) => Promise<unknown>;
}

/** A wait for another part of the handler ends where the pool sets no limit: the two may wait for each other. */
const TURN_LIMIT_MS = 30_000;

/**
 * The real transaction of a unit of work, opened as late as possible: most commands never open one. The first use of
 * TypeORM (or of a stream's lock) begins it; the commit statement is then its last one. It runs on one connection of the
 * unit's pool, so that entities, raw reads and the commit see each other.
 *
 * It ends once, which is checked after each statement: the server reports with each whether a transaction is open. A use
 * afterwards gets an error, because a transaction begun then would be ended by no caller.
 */
export class UnitTransaction {
  #state: 'unused' | 'open' | 'ended' = 'unused';
  #begun: Promise<PoolClient> | undefined;
  #underWay = 0;
  #savepointCount = 0;
  #failure: Error | undefined;
  readonly #whole: Savepoint;

  /**
   * @param pool whose connections the unit uses.
   * @param newRunner makes a query runner of TypeORM that takes no connection by itself.
   */
  constructor(
    readonly pool: Pool,
    private readonly newRunner: () => QueryRunner,
  ) {
    // As long as a statement may take: whoever is waited for sends statements.
    this.#whole = new Savepoint((pool.options as { query_timeout?: number }).query_timeout ?? TURN_LIMIT_MS);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Where the unit reads: in its transaction if one is open, else in autocommit on its pool. */
  readonly connection: Queryable = {
    query: async <R extends QueryResultRow>(statement: QueryConfig) => {
      assertIsAllowed(statement.text);
      return this.#run(() => (this.isOpen ? this.#inTransaction<R>(statement) : this.pool.query<R>(statement)));
    },
  };

  /** Begins the transaction if need be. @throws Error after its end. */
  async client(): Promise<Queryable> {
    await this.#client();
    return this.connection;
  }

  /** An entity manager bound to the transaction; its first query begins it. @throws Error after its end. */
  manager(): EntityManager {
    return this.runner().manager;
  }

  /** A query runner of TypeORM in the transaction; releasing it does nothing. @throws Error after the transaction's end. */
  runner(): QueryRunner {
    this.#assertNotEnded();
    return this.#bind(this.newRunner());
  }

  /** Records that the calling code adds to the commit what would be wrong there without the rows written beside it. */
  noteChange(): void {
    this.#whole.noteChange();
  }

  /** Keeps the transaction from being committed, whoever catches the error. */
  fail(error: Error): Error {
    return (this.#failure ??= error);
  }

  /** @throws Error when a query of the handler is under way: it would be in the commit or not, by luck; or when a part of the
   *  transaction ended in a way that must not be committed. */
  assertIdle(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#underWay === 0 && !this.#whole.isBusy) return;
    throw new Error('A command ended before a query that it had started. Await everything that a handler starts.');
  }

  /** Ends a unit that needs no transaction (any more), before its commit runs in autocommit. */
  close(): void {
    this.#state = 'ended';
    this.#whole.end();
  }

  /** @throws Error when a query of the handler is under way. */
  async commit(): Promise<void> {
    this.assertIdle();
    const client = await this.#client();
    this.#state = 'ended';
    await client.query('COMMIT');
    this.#giveBack(client);
  }

  /** Never throws: the connection is given up when even ROLLBACK fails. */
  async rollback(): Promise<void> {
    this.close();
    const client = await this.#begun?.catch(() => undefined);
    if (client === undefined) return;
    // A query that the handler has left under way may reach the connection after ROLLBACK, and would be kept.
    if (this.#underWay > 0) {
      breakConnection(client);
      return this.#giveBack(client, true);
    }
    const isRolledBack = await client.query('ROLLBACK').then(
      () => true,
      // The connection is broken: the server rolls back by itself.
      () => false,
    );
    this.#giveBack(client, !isRolledBack);
  }

  #giveBack(client: PoolClient, isBroken = false): void {
    this.#begun = undefined;
    client.release(isBroken);
  }

  async #client(): Promise<PoolClient> {
    this.#assertNotEnded();
    this.#state = 'open';
    const client = await (this.#begun ??= this.#begin());
    this.#assertNotEnded();
    return client;
  }

  async #begin(): Promise<PoolClient> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #inTransaction<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>> {
    const client = await this.#client();
    return this.#keepingTransaction(() => client.query<R>(statement));
  }

  /** A text of several statements may have ended the transaction, also where it fails then. @throws Error that ends the command. */
  async #keepingTransaction<T>(query: () => Promise<T>): Promise<T> {
    const [end] = await Promise.allSettled([query()]);
    if ((await this.#begun)?.getTransactionStatus() === 'I') throw this.fail(endedByHandler());
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  }

  /** Runs a query of the unit when it is the turn of its part, and counts it while it waits or is under way. */
  #run<T>(query: () => Promise<T>, part = this.#whole.current()): Promise<T> {
    return this.#counted(() =>
      part.query(() => {
        this.#assertNotEnded();
        return query();
      }),
    );
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#assertNotEnded();
    this.#underWay += 1;
    try {
      return await work();
    } catch (error) {
      if (error instanceof WaitedTooLong) this.fail(error);
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  /**
   * TypeORM takes our connection and our BEGIN, which is active for it, so that its `save` begins none of its own. A
   * transaction that it begins is a savepoint in ours.
   */
  #bind(runner: QueryRunner): QueryRunner {
    const query = runner.query.bind(runner);
    const own = savepointsOf(runner);
    const part = (): Savepoint => (own.at(-1) ?? this.#whole).current();
    return Object.assign(runner, {
      isTransactionActive: true,
      transactionDepth: 1,
      connect: () => this.#client(),
      query: (...args: Parameters<QueryRunner['query']>): Promise<unknown> => {
        assertIsAllowed(args[0]);
        return this.#run(() => this.#keepingTransaction(() => query(...args)), part());
      },
      stream: () =>
        Promise.reject(new Error('A command reads no streams: its transaction would outlast it. Use query().')),
      release: () => Promise.resolve(),
      ...this.#transactionMethods(runner, { own, part, send: (text) => query(text) }),
    }) as QueryRunner;
  }

  #transactionMethods(
    { broadcaster }: QueryRunner,
    { own, part, send }: RunnerSavepoints,
  ): Pick<QueryRunner, 'startTransaction' | 'commitTransaction' | 'rollbackTransaction'> {
    const names = new WeakMap<Savepoint, string>();
    return {
      startTransaction: async () => {
        await broadcaster.broadcast('BeforeTransactionStart');
        const savepoint = await this.#counted(() => part().begin());
        names.set(savepoint, `waybill_${(this.#savepointCount += 1)}`);
        await this.#sendOf(savepoint, () => send(`SAVEPOINT ${names.get(savepoint)}`)).catch((error: unknown) => {
          savepoint.leave();
          throw error;
        });
        own.push(savepoint);
        await broadcaster.broadcast('AfterTransactionStart');
      },
      commitTransaction: async () => {
        const savepoint = innermost(own);
        await broadcaster.broadcast('BeforeTransactionCommit');
        savepoint.assertNoneInside();
        await this.#counted(() => savepoint.finish());
        await this.#sendOf(savepoint, () => send(`RELEASE SAVEPOINT ${names.get(savepoint)}`));
        left(own, savepoint);
        await broadcaster.broadcast('AfterTransactionCommit');
      },
      rollbackTransaction: async () => {
        const savepoint = innermost(own);
        await broadcaster.broadcast('BeforeTransactionRollback').finally(() => savepoint.end());
        try {
          await this.#rollBackTo(savepoint, () => send(`ROLLBACK TO SAVEPOINT ${names.get(savepoint)}`));
        } finally {
          left(own, savepoint);
        }
        await broadcaster.broadcast('AfterTransactionRollback');
      },
    };
  }

  /** One whose outer one has ended was undone or refused with that. */
  async #rollBackTo(savepoint: Savepoint, send: () => Promise<unknown>): Promise<void> {
    if (savepoint.hasChanges) this.fail(changesRolledBack());
    await this.#counted(() => savepoint.finish());
    savepoint.outer?.assertOpen();
    await this.#sendOf(savepoint, send);
  }

  #sendOf(savepoint: Savepoint, send: () => Promise<unknown>): Promise<unknown> {
    return this.#counted(() => savepoint.control(() => this.#keepingTransaction(send)));
  }

  #assertNotEnded(): void {
    if (this.#state !== 'ended') return;
    throw new Error(
      'A query came after the transaction of its command had ended. Await everything that a handler starts.',
    );
  }
}

function innermost(own: readonly Savepoint[]): Savepoint {
  const savepoint = own.at(-1);
  if (savepoint === undefined) throw endedByHandler();
  return savepoint;
}

function left(own: Savepoint[], savepoint: Savepoint): void {
  own.splice(own.indexOf(savepoint));
  savepoint.leave();
}
