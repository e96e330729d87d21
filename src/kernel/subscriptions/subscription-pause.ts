import { Injectable } from '@nestjs/common';
import type { OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { lockSubscription, type LockedSubscription } from './sql/lock-subscription.js';
import { pauseSubscription, resumeSubscription } from './sql/pause.js';
import { SubscriptionUnknown } from './subscription-unknown.js';

/** An inline view is written with the commands' own commits: there is nothing to pause. */
export class PauseRefused extends Error {
  readonly code = 'pause-refused';

  constructor(name: string) {
    super(`${name} is an inline view: it is written with each command's own commit, and can't be paused.`);
  }
}

/** The pause of a subscription that is in force. */
export interface Paused {
  readonly name: string;
  /** RFC 3339. */
  readonly pausedAt: string;
  readonly pausedBy: string;
  readonly reason: string;
}

export interface Resumed {
  readonly name: string;
  /** False: it was not paused, and nothing has changed. */
  readonly wasPaused: boolean;
}

/**
 * Pauses subscriptions and resumes them. From the commit of a pause on no effect of the subscription commits, on whatever
 * replica: its fences are raised and its leases ended in the same transaction, and none are given while it is paused. What was
 * under way is rolled back and is done after it is resumed. The pause is stored: it outlives each process.
 */
@Injectable()
export class SubscriptionPause {
  constructor(
    private readonly pipeline: CommandPipeline,
    private readonly notifier: LogNotifier,
  ) {}

  /**
   * A unit of work, so that a repeat under the caller's idempotency key returns the same.
   * @returns the pause in force: of a subscription that is paused already, the earlier one.
   * @throws SubscriptionUnknown; PauseRefused for an inline view.
   */
  pause(name: string, act: OperatorAct & { readonly reason: string }): Promise<Paused> {
    return this.#changed('SubscriptionPause', name, async (tx, locked) => {
      if (locked.pausedAt !== null)
        return { name, pausedAt: locked.pausedAt, pausedBy: locked.pausedBy!, reason: locked.pauseReason! };
      const { by, reason } = act;
      const pausedAt = await pauseSubscription(tx, { name, by: by.id, reason });
      await audit(tx, act, { action: 'subscriptions.pause', subject: name, detail: {} });
      return { name, pausedAt, pausedBy: by.id, reason };
    });
  }

  /** @throws SubscriptionUnknown; PauseRefused for an inline view. */
  resume(name: string, act: OperatorAct): Promise<Resumed> {
    return this.#changed('SubscriptionResume', name, async (tx, { pausedAt, pausedBy, pauseReason }) => {
      if (pausedAt === null) return { name, wasPaused: false };
      await resumeSubscription(tx, name);
      await audit(tx, act, {
        action: 'subscriptions.resume',
        subject: name,
        detail: { pausedAt, pausedBy, pauseReason },
      });
      return { name, wasPaused: true };
    });
  }

  /** Replicas renew their leases at once; one that isn't reached does so at its next renewal. */
  async #changed<T extends object>(
    title: string,
    name: string,
    change: (tx: Queryable, locked: LockedSubscription) => Promise<T>,
  ): Promise<T> {
    const result = await this.pipeline.run(title, async () => {
      const tx = await UnitOfWork.required('Pausing a subscription').transaction.client();
      const locked = await lockSubscription(tx, name);
      if (locked === undefined) throw new SubscriptionUnknown(name);
      if (locked.kind === 'inline') throw new PauseRefused(name);
      return change(tx, locked);
    });
    await this.notifier.notifyLeasesChanged();
    return result;
  }
}
