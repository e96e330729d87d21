import { Injectable } from '@nestjs/common';
import { inUnitOrTransaction, type OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import type { StoredData } from '../domain/index.js';
import { Pools } from '../database/pools.js';
import {
  discardFailedEvent,
  editFailedEvent,
  findFailedEvents,
  makeDue,
  readFailedEvent,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterPlace,
} from './sql/dead-letters.js';

/** No event is stored as failed under this id (any more). */
export class DeadLetterUnknown extends Error {
  readonly code = 'dead-letter-unknown';

  constructor(id: number) {
    super(`No dead failed ${id}. It was retried or discarded, or never existed.`);
  }
}

/** Only the first failed event of a key can be acted on: the later ones wait for it, so that order is kept. */
export class DeadLetterWaiting extends Error {
  readonly code = 'dead-letter-waiting';

  constructor(failed: DeadLetter, first: number) {
    super(
      `Event ${failed.id} of ${failed.subscription} is waiting behind ${first}, which has the same key. Act on ${first} first.`,
    );
  }
}

/** This release can't read the event, so other data wouldn't help: only its partitions wait for one that can. */
export class DeadLetterUnreadable extends Error {
  readonly code = 'dead-letter-unreadable';

  constructor({ id, event }: DeadLetter) {
    super(
      `Event ${id} is ${event.name} version ${event.version}, which this release can't read with any data. ` +
        'Deploy one that can, or discard it.',
    );
  }
}

/**
 * Events that can't take effect in a subscription: `retrying` is tried again by itself, `dead-lettered` waits for an operator,
 * `waiting` stands behind one of the two with the same key. Replays keep the order of the key.
 */
@Injectable()
export class DeadLetters {
  constructor(private readonly pools: Pools) {}

  /** At most `limit` failed events, by position; `after` the place of the last one seen. */
  find(filter: DeadLetterFilter, limit = 100, after?: DeadLetterPlace): Promise<DeadLetter[]> {
    return findFailedEvents(this.pools.app, filter, { limit, after });
  }

  /** @throws DeadLetterUnknown */
  async get(id: number): Promise<DeadLetter> {
    const failed = await readFailedEvent(this.pools.app, id);
    if (failed === undefined) throw new DeadLetterUnknown(id);
    return failed;
  }

  /**
   * Lets the first failed event of every key that matches be tried now, and the queue behind it after it.
   * @returns how many keys; with `dryRun`, how many it would be.
   */
  async retry(filter: DeadLetterFilter, act: OperatorAct & { readonly dryRun?: boolean }): Promise<number> {
    if (act.dryRun === true) {
      const heads = await findFailedEvents(this.pools.app, { ...filter, heads: true }, { limit: null });
      return heads.filter(({ blocks }) => blocks === 'key').length;
    }
    return inUnitOrTransaction(this.pools, async (tx) => {
      const count = await makeDue(tx, filter);
      await audit(tx, act, {
        action: 'dead-letters.retry',
        subject: filter.subscription ?? '*',
        detail: { filter, count },
      });
      return count;
    });
  }

  /** Drops one event for its subscription, with a reason; the next one of its key is tried. The log keeps the event. */
  async discard(id: number, act: OperatorAct & { readonly reason: string }): Promise<void> {
    const failed = await this.#head(id);
    await inUnitOrTransaction(this.pools, async (tx) => {
      if (!(await discardFailedEvent(tx, failed))) throw new DeadLetterUnknown(id);
      await audit(tx, act, {
        action: 'dead-letters.discard',
        subject: failed.subscription,
        detail: failed,
      });
    });
  }

  /** Lets one event be tried with corrected data: for this subscription alone, the log stays as it is. */
  async editAndRetry(id: number, data: StoredData, act: OperatorAct): Promise<void> {
    const failed = await this.#head(id);
    if (failed.blocks === 'partition') throw new DeadLetterUnreadable(failed);
    await inUnitOrTransaction(this.pools, async (tx) => {
      if (!(await editFailedEvent(tx, failed, data))) throw new DeadLetterUnknown(id);
      await audit(tx, act, {
        action: 'dead-letters.edit',
        subject: failed.subscription,
        detail: { failed, data },
      });
    });
  }

  async #head(id: number): Promise<DeadLetter> {
    const failed = await this.get(id);
    const { subscription, key } = failed;
    const [first] = await findFailedEvents(this.pools.app, { subscription, key, heads: true }, { limit: 1 });
    if (first !== undefined && first.id !== id) throw new DeadLetterWaiting(failed, first.id);
    return failed;
  }
}
