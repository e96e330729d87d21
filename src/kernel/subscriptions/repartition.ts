import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Pools } from '../database/pools.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { partitionOf } from './partition-of.js';
import { audit } from './sql/audit.js';
import { lowerBarrier, movePartitions, partitionsAt, raiseBarrier } from './sql/repartition.js';
import type { OperatorAct } from './dead-letters.js';

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
 * transaction with higher fences. A crash in between leaves the barrier; calling this again goes on from there.
 */
@Injectable()
export class Repartition {
  constructor(
    private readonly pools: Pools,
    private readonly notifier: LogNotifier,
  ) {}

  /** @throws RepartitionRefused for a number that can't be, an unknown subscription, or partitions that don't reach the barrier. */
  async to(subscription: string, partitions: number, act: OperatorAct): Promise<void> {
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS) {
      throw new RepartitionRefused(`${partitions} partitions can't be: choose 1 to ${MOST_PARTITIONS}.`);
    }
    if ((await raiseBarrier(this.pools.worker, subscription)) === undefined) {
      throw new RepartitionRefused(`No subscription ${subscription} reads the log.`);
    }
    try {
      await this.#untilMoved({ subscription, partitions }, act);
    } catch (error) {
      await lowerBarrier(this.pools.worker, subscription);
      throw error;
    } finally {
      await this.notifier.tellLeasesChanged();
    }
  }

  /** A worker that hadn't heard of the barrier may have gone beyond it: then it is set again, where that one stands. */
  async #untilMoved(of: Wanted, act: OperatorAct): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const barrier = (await raiseBarrier(this.pools.worker, of.subscription))!;
      await this.notifier.tellLeasesChanged();
      const { lowest } = await partitionsAt(this.pools.worker, of.subscription);
      if (lowest === barrier && (await this.#move({ ...of, barrier }, act))) return;
      if (Date.now() > giveUpAt) {
        throw new RepartitionRefused(
          `${of.subscription} did not come to position ${barrier} in ${PATIENCE_MS / 1_000} s (it stands at ${lowest}). Is a worker running? Nothing was changed.`,
        );
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  /** @returns false when a partition has moved on meanwhile; nothing was changed then. */
  async #move(of: Wanted & { readonly barrier: number }, act: OperatorAct): Promise<boolean> {
    const client = await this.pools.worker.connect();
    try {
      await client.query('BEGIN');
      const hasMoved = await this.#moveWithin(client, of, act);
      await client.query(hasMoved ? 'COMMIT' : 'ROLLBACK');
      client.release();
      return hasMoved;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #moveWithin(tx: PoolClient, of: Wanted & { readonly barrier: number }, act: OperatorAct): Promise<boolean> {
    const at = await partitionsAt(tx, of.subscription, 'locked');
    if (at.lowest !== of.barrier || at.highest !== of.barrier) return false;
    await movePartitions(tx, { ...of, at, partitionOf: (key) => partitionOf(key, of.partitions) });
    await audit(tx, {
      principal: act.by.id,
      action: 'subscriptions.repartition',
      subject: of.subscription,
      reason: act.reason,
      detail: of,
    });
    return true;
  }
}

interface Wanted {
  readonly subscription: string;
  readonly partitions: number;
}
