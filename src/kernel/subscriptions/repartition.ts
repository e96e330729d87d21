import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Pools } from '../database/pools.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { partitionOf } from './partition-of.js';
import { audit } from './sql/audit.js';
import { lowerBarrier, movePartitions, partitionsAt, raiseBarrier, type PartitionsAt } from './sql/repartition.js';
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
    const barrier = await raiseBarrier(this.pools.worker, subscription);
    if (barrier === undefined) throw new RepartitionRefused(`No subscription ${subscription} reads the log.`);
    await this.notifier.tellLeasesChanged();
    try {
      await this.#reached(subscription, barrier);
      await this.#move({ subscription, partitions, barrier }, act);
    } catch (error) {
      await lowerBarrier(this.pools.worker, subscription);
      throw error;
    } finally {
      await this.notifier.tellLeasesChanged();
    }
  }

  async #reached(subscription: string, barrier: number): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const { lowest, highest } = await partitionsAt(this.pools.worker, subscription);
      if (lowest === barrier && highest === barrier) return;
      if (Date.now() > giveUpAt) {
        throw new RepartitionRefused(
          `${subscription} did not come to position ${barrier} in ${PATIENCE_MS / 1_000} s (it stands at ${lowest}). Is a worker running? Nothing was changed.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #move(of: { subscription: string; partitions: number; barrier: number }, act: OperatorAct): Promise<void> {
    const client = await this.pools.worker.connect();
    try {
      await client.query('BEGIN');
      await this.#moveWithin(client, of, act);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #moveWithin(
    tx: PoolClient,
    of: { subscription: string; partitions: number; barrier: number },
    act: OperatorAct,
  ): Promise<void> {
    const at: PartitionsAt = await partitionsAt(tx, of.subscription, 'locked');
    if (at.lowest !== of.barrier || at.highest !== of.barrier) {
      throw new RepartitionRefused(
        `${of.subscription} moved on while it was to be split. Nothing was changed; try again.`,
      );
    }
    await movePartitions(tx, { ...of, at, partitionOf: (key) => partitionOf(key, of.partitions) });
    await audit(tx, {
      principal: act.by.id,
      action: 'subscriptions.repartition',
      subject: of.subscription,
      reason: act.reason,
      detail: of,
    });
  }
}
