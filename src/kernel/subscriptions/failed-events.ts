import { Logger } from '@nestjs/common';
import { errorText, stackOf } from '../messages/error-text.js';
import type { EventDecoder } from './event-decoder.js';
import { isSuperseded } from './faults.js';
import type { OwnedPartitions } from './owned-partitions.js';
import { pauseAfter } from './retry-policy.js';
import {
  dueEvents,
  failAgain,
  nextDueInMs,
  stillBlocked,
  takeBlockedKeys,
  type DueEvent,
} from './sql/failed-events.js';
import { retryUnreadable, unreadableHeads } from './sql/unreadable-events.js';
import type { Delivery, Subscriber } from './subscriber.js';
import type { WorkerDependencies } from './worker-dependencies.js';

const UNREADABLE_PAGE = 500;

interface RetryRules {
  readonly isFault: (error: unknown) => Promise<boolean>;
  readonly isStopping: () => boolean;
}

/**
 * Events of this process's partitions that could not take effect. The blocked keys are known in memory, because only the
 * owner of a partition blocks and unblocks them (operators unblock by making an event due again).
 */
export class FailedEvents {
  readonly #logger = new Logger('Subscriptions');
  #keys = new Set<string>();

  constructor(
    private readonly subscriber: Subscriber,
    private readonly decoder: EventDecoder,
    private readonly through: WorkerDependencies,
  ) {}

  isBlocked(key: string): boolean {
    return this.#keys.has(key);
  }

  block(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.add(key);
  }

  async reload(owned: OwnedPartitions): Promise<void> {
    this.#keys = owned.isEmpty
      ? new Set()
      : new Set(await takeBlockedKeys(this.through.pools.worker, this.subscriber.name, owned.numbers));
  }

  async nextDueMs(owned: OwnedPartitions): Promise<number | undefined> {
    if (this.#keys.size === 0) return undefined;
    const dueMs = await nextDueInMs(this.through.pools.worker, this.subscriber.name, owned.numbers);
    return dueMs === undefined ? undefined : Math.max(0, dueMs);
  }

  /** An event that another release couldn't read and this one can is retried; called when partitions are taken over. */
  async retryReadable(owned: OwnedPartitions): Promise<void> {
    if (this.#keys.size === 0) return;
    const of = { subscription: this.subscriber.name, partitions: owned.numbers, limit: UNREADABLE_PAGE };
    for (let afterId = 0; ;) {
      const page = await unreadableHeads(this.through.pools.worker, { ...of, afterId });
      const readable = page.filter((row) => this.decoder.decode(row).kind === 'event');
      if (readable.length > 0)
        await retryUnreadable(
          this.through.pools.worker,
          readable.map(({ failedId }) => failedId),
        );
      if (page.length < UNREADABLE_PAGE) return;
      afterId = page.at(-1)!.failedId;
    }
  }

  /**
   * Tries retrying events that are due, each alone; a key that gets through goes on with its queue.
   * @param may whether an error isn't the event's fault, and whether to go on at all.
   */
  async retryDue(owned: OwnedPartitions, may: RetryRules): Promise<void> {
    if (this.#keys.size === 0) return;
    const due = await dueEvents(this.through.pools.worker, this.subscriber.name, owned.numbers);
    for (const event of due) if (!may.isStopping()) await this.#retry(owned, event, may);
    if (due.length === 0) return;
    const tried = due.map(({ key }) => key);
    const failed = new Set(await stillBlocked(this.through.pools.worker, this.subscriber.name, tried));
    for (const key of tried) if (!failed.has(key)) this.#keys.delete(key);
  }

  async #retry(owned: OwnedPartitions, event: DueEvent, may: RetryRules): Promise<void> {
    const { key, partition, position, revision } = event;
    const fence = owned.fenceOf(partition);
    const of = { subscription: this.subscriber.name, eventId: event.event_id };
    const argument = { ...of, key, position, partition, fence, revision };
    const begunAt = performance.now();
    let tried: Delivery | undefined;
    try {
      const deliveries = this.#deliveriesOf(event);
      [tried] = deliveries;
      await this.subscriber.apply(this.through.pools.worker, deliveries, {
        call: 'kernel.settle_failed_event',
        argument,
      });
    } catch (error) {
      if (isSuperseded(error)) return;
      if (await may.isFault(error)) throw error;
      if (tried !== undefined) this.subscriber.failed?.(tried.recorded.event, error);
      await this.#failedAgain(event, error, performance.now() - begunAt);
    }
  }

  /** @throws Untriable when no try could succeed. */
  #deliveriesOf(event: DueEvent): Delivery[] {
    const decoded = this.decoder.decode(event);
    if (decoded.kind === 'unreadable') throw new Untriable(errorText(decoded.error), true);
    // Another release has stored it: dropping it here would lose it there.
    if (decoded.kind === 'foreign')
      throw new Untriable(
        `This release does not subscribe to ${event.name}. Deploy one that does, or discard the event.`,
        true,
      );
    const { keys } = decoded;
    const before = event.original === null ? decoded : this.decoder.decode({ ...event, data: event.original });
    const others = before.kind === 'event' ? before.keys : [event.key];
    if (keys.includes(event.key) && keys.toSorted().join() === others.toSorted().join())
      return [{ ...decoded, keys: [event.key] }];
    throw new Untriable(
      `It is stored as failed under ${event.key}, but as it is read now it touches ${keys.join(', ') || 'nothing'}, where later events have ` +
        'gone past. Give it data with the keys that it has in the log, or discard it.',
    );
  }

  async #failedAgain(event: DueEvent, error: unknown, tookMs: number): Promise<void> {
    const attempts = event.attempts + 1;
    const isUntriable = error instanceof Untriable;
    const tryInMs = isUntriable ? undefined : pauseAfter(attempts, tookMs);
    const isUnreadable = isUntriable && error.isUnreadable;
    const text = errorText(error);
    const counts = await failAgain(
      this.through.pools.worker,
      { ...event, subscription: this.subscriber.name },
      { attempts, error: text, tryInMs, isUnreadable },
    );
    if (tryInMs !== undefined || !counts) return;
    this.#logger.error(
      `${this.subscriber.name}: event ${event.event_id} (${event.name}) is dead-lettered after ${attempts} attempts: ${text}`,
      stackOf(error),
    );
  }
}

/** Another try of the same release with the same data would end the same. */
class Untriable extends Error {
  constructor(
    message: string,
    readonly isUnreadable = false,
  ) {
    super(message);
  }
}
