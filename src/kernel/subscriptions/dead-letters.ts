import { Injectable } from '@nestjs/common';
import { inUnitOrTransaction, type OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import type { StoredData } from '../domain/index.js';
import { Pools } from '../database/pools.js';
import {
  discardHeld,
  editHeld,
  findHeld,
  makeDue,
  readHeld,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterPlace,
} from './sql/dead-letters.js';

/** No event is held under this id (any more). */
export class DeadLetterUnknown extends Error {
  readonly code = 'dead-letter-unknown';

  constructor(id: number) {
    super(`No dead letter ${id}. It was retried or discarded, or never existed.`);
  }
}

/** Only the first held event of a key can be acted on: the later ones wait for it, so that order is kept. */
export class DeadLetterQueued extends Error {
  readonly code = 'dead-letter-queued';

  constructor(letter: DeadLetter, first: number) {
    super(
      `Event ${letter.id} of ${letter.subscription} is queued behind ${first}, which has the same key. Act on ${first} first.`,
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
 * Events that can't take effect in a subscription: `blocked` is tried again by itself, `parked` waits for an operator,
 * `queued` stands behind one of the two with the same key. Replays keep the order of the key.
 */
@Injectable()
export class DeadLetters {
  constructor(private readonly pools: Pools) {}

  /** At most `limit` letters, by position; `after` the place of the last one seen. */
  find(filter: DeadLetterFilter, limit = 100, after?: DeadLetterPlace): Promise<DeadLetter[]> {
    return findHeld(this.pools.app, filter, { limit, after });
  }

  /** @throws DeadLetterUnknown */
  async get(id: number): Promise<DeadLetter> {
    const letter = await readHeld(this.pools.app, id);
    if (letter === undefined) throw new DeadLetterUnknown(id);
    return letter;
  }

  /**
   * Lets the first held event of every key that matches be tried now, and the queue behind it after it.
   * @returns how many keys; with `dryRun`, how many it would be.
   */
  async retry(filter: DeadLetterFilter, act: OperatorAct & { readonly dryRun?: boolean }): Promise<number> {
    if (act.dryRun === true) {
      const heads = await findHeld(this.pools.app, { ...filter, heads: true }, { limit: null });
      return heads.filter(({ holds }) => holds === 'key').length;
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
    const letter = await this.#head(id);
    await inUnitOrTransaction(this.pools, async (tx) => {
      if (!(await discardHeld(tx, letter))) throw new DeadLetterUnknown(id);
      await audit(tx, act, {
        action: 'dead-letters.discard',
        subject: letter.subscription,
        detail: letter,
      });
    });
  }

  /** Lets one event be tried with corrected data: for this subscription alone, the log stays as it is. */
  async editAndRetry(id: number, data: StoredData, act: OperatorAct): Promise<void> {
    const letter = await this.#head(id);
    if (letter.holds === 'partition') throw new DeadLetterUnreadable(letter);
    await inUnitOrTransaction(this.pools, async (tx) => {
      if (!(await editHeld(tx, letter, data))) throw new DeadLetterUnknown(id);
      await audit(tx, act, {
        action: 'dead-letters.edit',
        subject: letter.subscription,
        detail: { letter, data },
      });
    });
  }

  async #head(id: number): Promise<DeadLetter> {
    const letter = await this.get(id);
    const { subscription, key } = letter;
    const [first] = await findHeld(this.pools.app, { subscription, key, heads: true }, { limit: 1 });
    if (first !== undefined && first.id !== id) throw new DeadLetterQueued(letter, first.id);
    return letter;
  }
}
