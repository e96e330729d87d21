import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { newId } from '../messages/ids.js';
import { messageContext, type MessageContext } from '../messages/message-context.js';
import { commitWork } from '../commands/commit-statement.js';
import { IdempotencyKeyReused, idempotencyKey, findStoredResult, type IdempotencyKey } from './idempotency.js';

/** Stores the result under the caller's key, in the transaction of the work: as its last statement. */
export type StoreResult<T> = (tx: Queryable, result: T) => Promise<void>;

/**
 * Idempotency for work that can't be a unit of work, because it runs for minutes, or acts on others before its transaction
 * begins. The result commits with the work's own transaction, so that work which has taken effect is never run again under its
 * key. A repeat is answered by the stored result before the work begins. Of two simultaneous requests with one key, the
 * second one's transaction fails at the key's row, which rolls its work back.
 *
 * A work that fails stores nothing: its repeat runs.
 */
@Injectable()
export class KeyedTransactions {
  constructor(private readonly pools: Pools) {}

  /**
   * @param name of the work, for the error when the key was used by another command of the same message.
   * @param work calls `store` with what it returns.
   * @returns the result of the work, or of the one that the key was used for before.
   * @throws IdempotencyKeyReused, or what the work throws.
   */
  async run<T extends object>(name: string, work: (store: StoreResult<T>) => Promise<T>): Promise<T> {
    const context = messageContext.current();
    context.useKey(name);
    const key = idempotencyKey(context, name, newId());
    if (key.kind === 'kernel') return work(() => Promise.resolve());
    const known = await this.#stored<T>(context, key);
    if (known !== undefined) return known;
    try {
      return await work((tx, result) => store(tx, key, result));
    } catch (error) {
      return this.#storedResult<T>(context, key, error);
    }
  }

  /** Another request with the key was faster, or the answer to COMMIT was lost and it has happened. */
  async #storedResult<T>(context: MessageContext, key: IdempotencyKey, fault: unknown): Promise<T> {
    const stored = await this.#stored<T>(context, key).catch((error: unknown) => {
      throw error instanceof IdempotencyKeyReused ? error : fault;
    });
    if (stored === undefined) throw fault;
    return stored;
  }

  async #stored<T>(context: MessageContext, key: IdempotencyKey): Promise<T | undefined> {
    const answer = await findStoredResult(this.pools[context.pool], key);
    if (answer === undefined) return undefined;
    if (answer.fingerprint !== key.fingerprint) throw new IdempotencyKeyReused();
    context.outcome.replayed = true;
    return JSON.parse(answer.body) as T;
  }
}

async function store(tx: Queryable, key: IdempotencyKey, result: object): Promise<void> {
  const row = { ...key, commandId: newId(), outcome: 'result', body: JSON.stringify(result) };
  await commitWork(tx, { keys: [row], streams: [], uniques: [], events: [] }, new Map());
}
