import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { KeyedTransactions, type StoreResult } from '../idempotency/keyed-transactions.js';
import { Pools } from '../database/pools.js';
import { beginPatiently, inTransaction } from '../database/transaction.js';
import type { OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { partitionOf } from './partition-of.js';
import { isOnlyRepartition } from './sql/repartition-lock.js';
import { lowerBarrier, movePartitions, partitionsAt, raiseBarrier } from './sql/repartition.js';

const MOST_PARTITIONS = 256;
const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 30_000;

/** The partitions can't be changed: the text says why. */
export class RepartitionRefused extends Error {
  readonly code = 'repartition-refused';
}

/**
 * Splits or merges the partitions of a subscription while it runs. Keys move between partitions, so all of them must
 * stand at one position for a moment: a barrier is set, every owner works up to it, then the rows are replaced in one
 * transaction with higher fences. A crash in between leaves the barrier, which the next worker to renew its leases
 * removes: it is abandoned where no repartition holds the lock. A repeat of
 * a request is recognised by its idempotency key, which is stored with the rows.
 */
@Injectable()
export class Repartition {
  constructor(
    private readonly pools: Pools,
    private readonly notifier: LogNotifier,
    private readonly keyed: KeyedTransactions,
  ) {}

  /** @throws RepartitionRefused for a number that can't be, an unknown subscription, or partitions that don't reach the barrier. */
  to(subscription: string, partitions: number, act: OperatorAct): Promise<Repartitioned> {
    return this.keyed.run('Repartition', (store) => this.#to({ subscription, partitions }, act, store));
  }

  async #to(of: Wanted, act: OperatorAct, store: StoreResult<Repartitioned>): Promise<Repartitioned> {
    const { subscription, partitions } = of;
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS) {
      throw new RepartitionRefused(`${partitions} partitions can't be: choose 1 to ${MOST_PARTITIONS}.`);
    }
    return this.#alone(subscription, () => this.#behindBarrier(of, act, store));
  }

  /** Holds the lock of the subscription meanwhile, on a connection of its own: once that ends, a barrier is abandoned. */
  async #alone<T>(subscription: string, work: () => Promise<T>): Promise<T> {
    const lock = await this.pools.connectPatient();
    try {
      await beginPatiently(lock);
      if (!(await isOnlyRepartition(lock, subscription))) {
        throw new RepartitionRefused(`The partitions of ${subscription} are being changed at this moment.`);
      }
      return await work();
    } finally {
      await lock.end().catch(() => undefined);
    }
  }

  async #behindBarrier(of: Wanted, act: OperatorAct, store: StoreResult<Repartitioned>): Promise<Repartitioned> {
    const { subscription } = of;
    if ((await raiseBarrier(this.pools.worker, subscription)) === undefined) {
      throw new RepartitionRefused(`No subscription ${subscription} reads the log.`);
    }
    try {
      return await this.#untilMoved(of, act, store);
    } catch (error) {
      await lowerBarrier(this.pools.worker, subscription);
      throw error;
    } finally {
      await this.notifier.tellLeasesChanged();
    }
  }

  /** A worker that hadn't heard of the barrier may have gone beyond it: then it is set again, where that one stands. */
  async #untilMoved(of: Wanted, act: OperatorAct, store: StoreResult<Repartitioned>): Promise<Repartitioned> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const barrier = (await raiseBarrier(this.pools.worker, of.subscription))!;
      await this.notifier.tellLeasesChanged();
      const { lowest } = await partitionsAt(this.pools.worker, of.subscription);
      const moved = lowest === barrier ? await this.#move({ ...of, barrier }, act, store) : undefined;
      if (moved !== undefined) return moved;
      if (performance.now() > giveUpAt) {
        throw new RepartitionRefused(
          `${of.subscription} did not come to position ${barrier} in ${PATIENCE_MS / 1_000} s (it stands at ${lowest}). Is a worker running? Nothing was changed.`,
        );
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  /** @returns undefined when a partition has moved on meanwhile; nothing was changed then. */
  #move(
    of: Wanted & { readonly barrier: number },
    act: OperatorAct,
    store: StoreResult<Repartitioned>,
  ): Promise<Repartitioned | undefined> {
    return inTransaction(this.pools.worker, async (tx) => {
      const moved = await this.#moveWithin(tx, of, act);
      if (moved !== undefined) await store(tx, moved);
      return moved;
    });
  }

  async #moveWithin(
    tx: PoolClient,
    of: Wanted & { readonly barrier: number },
    act: OperatorAct,
  ): Promise<Repartitioned | undefined> {
    const at = await partitionsAt(tx, of.subscription, 'locked');
    if (at.lowest !== of.barrier || at.highest !== of.barrier) return undefined;
    await movePartitions(tx, { ...of, at, partitionOf: (key) => partitionOf(key, of.partitions) });
    await audit(tx, {
      principal: act.by.id,
      action: 'subscriptions.repartition',
      subject: of.subscription,
      reason: act.reason,
      detail: of,
    });
    return { name: of.subscription, partitions: of.partitions, position: of.barrier };
  }
}

/** A subscription whose partitions were replaced, all at one position. */
export interface Repartitioned {
  readonly name: string;
  readonly partitions: number;
  readonly position: number;
}

interface Wanted {
  readonly subscription: string;
  readonly partitions: number;
}
