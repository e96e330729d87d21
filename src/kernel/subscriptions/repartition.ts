import { Inject, Injectable } from '@nestjs/common';
import type { OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { partitionOf } from './partition-of.js';
import { lockSubscription } from './sql/lock-subscription.js';
import { liveLease, moveFailedEvents, replaceCheckpoints } from './sql/repartition.js';

const MOST_PARTITIONS = 256;

/** The partitions can't be changed: the text says why. */
export class RepartitionRefused extends Error {
  readonly code = 'repartition-refused';
}

/** A subscription whose partitions were replaced. */
export interface Repartitioned {
  readonly name: string;
  readonly partitions: number;
  /** From here on all of them read the log. */
  readonly position: number;
}

interface RepartitionRequest {
  readonly subscription: string;
  readonly partitions: number;
}

/**
 * Splits or merges the partitions of a paused subscription, in one transaction under the locks of its checkpoints. Keys move
 * between partitions, which may have come to different positions: so the new ones begin at the lowest, and the former
 * checkpoints show, key by key, what has taken effect beyond it. Raised fences end what an owner has under way that doesn't
 * know of the pause.
 */
@Injectable()
export class Repartition {
  constructor(
    private readonly pipeline: CommandPipeline,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /**
   * A unit of work, so that a repeat under the caller's idempotency key returns the same.
   * @throws RepartitionRefused for an invalid number, an unknown subscription, and one that isn't paused or has a live lease.
   */
  async to(subscription: string, partitions: number, act: OperatorAct): Promise<Repartitioned> {
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS) {
      throw new RepartitionRefused(`Invalid number of partitions: ${partitions}. Use 1 to ${MOST_PARTITIONS}.`);
    }
    return this.pipeline.run('Repartition', async () => {
      const tx = await UnitOfWork.required('Changing partitions').transaction.client();
      await this.#lockIdle(tx, subscription);
      return moved(tx, { subscription, partitions }, act);
    });
  }

  /** @throws RepartitionRefused unless no worker may work on it. */
  async #lockIdle(tx: Queryable, subscription: string): Promise<void> {
    const locked = await lockSubscription(tx, subscription);
    if (locked === undefined || locked.kind === 'inline')
      throw new RepartitionRefused(`No subscription ${subscription} reads the log. See: waybill subscriptions`);
    if (locked.pausedAt === null)
      throw new RepartitionRefused(
        `${subscription} is not paused. Pause it, change its partitions, and resume it: ` +
          `npm run waybill -- subscriptions pause ${subscription} --reason <why>`,
      );
    const lease = await liveLease(tx, { subscription, leaseMs: this.options.leaseMs });
    if (lease !== undefined)
      throw new RepartitionRefused(
        `Replica ${lease.owner} still has the lease of partition ${lease.partition} of ${subscription}, until ${lease.expiresAt}. ` +
          'It gives the lease back at its next renewal, within seconds: retry then.',
      );
  }
}

async function moved(
  tx: Queryable,
  { subscription, partitions }: RepartitionRequest,
  act: OperatorAct,
): Promise<Repartitioned> {
  const position = await replaceCheckpoints(tx, subscription, partitions);
  await moveFailedEvents(tx, subscription, (key) => partitionOf(key, partitions));
  await audit(tx, act, {
    action: 'subscriptions.repartition',
    subject: subscription,
    detail: { partitions, position },
  });
  return { name: subscription, partitions, position };
}
