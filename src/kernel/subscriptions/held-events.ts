import { Logger } from '@nestjs/common';
import { errorText } from '../messages/error-text.js';
import type { EventReading } from './event-reading.js';
import { isSuperseded } from './faults.js';
import type { OwnedPartitions } from './owned-partitions.js';
import { pauseAfter } from './retry-policy.js';
import { dueEvents, holdAgain, nextDueInMs, stillHeld, takeHeldKeys, type DueEvent } from './sql/held-events.js';
import { unpark, unreadableHeads } from './sql/unreadable-events.js';
import type { Delivery, Subscriber } from './subscriber.js';
import type { WorkerSurroundings } from './worker-surroundings.js';

const UNREADABLE_PAGE = 500;

interface RetryRules {
  readonly isFault: (error: unknown) => Promise<boolean>;
  readonly isStopping: () => boolean;
}

/**
 * Events of this process's partitions that could not take effect. The held keys are known in memory, because only the
 * owner of a partition holds and frees them (operators free by making an event due again).
 */
export class HeldEvents {
  readonly #logger = new Logger('Subscriptions');
  #keys = new Set<string>();

  constructor(
    private readonly subscriber: Subscriber,
    private readonly reading: EventReading,
    private readonly through: WorkerSurroundings,
  ) {}

  isHeld(key: string): boolean {
    return this.#keys.has(key);
  }

  hold(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.add(key);
  }

  async reload(owned: OwnedPartitions): Promise<void> {
    this.#keys = owned.isEmpty
      ? new Set()
      : new Set(await takeHeldKeys(this.through.pools.worker, this.subscriber.name, owned.numbers));
  }

  async nextDueMs(owned: OwnedPartitions): Promise<number | undefined> {
    if (this.#keys.size === 0) return undefined;
    const dueMs = await nextDueInMs(this.through.pools.worker, this.subscriber.name, owned.numbers);
    return dueMs === undefined ? undefined : Math.max(0, dueMs);
  }

  /** What another release couldn't read and this one can is tried by itself; called when partitions are taken over. */
  async freeReadable(owned: OwnedPartitions): Promise<void> {
    if (this.#keys.size === 0) return;
    const of = { subscription: this.subscriber.name, partitions: owned.numbers, limit: UNREADABLE_PAGE };
    for (let afterId = 0; ;) {
      const page = await unreadableHeads(this.through.pools.worker, { ...of, afterId });
      const readable = page.filter((row) => this.reading.of(row).kind === 'event');
      if (readable.length > 0)
        await unpark(
          this.through.pools.worker,
          readable.map(({ heldId }) => heldId),
        );
      if (page.length < UNREADABLE_PAGE) return;
      afterId = page.at(-1)!.heldId;
    }
  }

  /**
   * Tries blocked events that are due, each alone; a key that gets through goes on with its queue.
   * @param may whether an error isn't the event's fault, and whether to go on at all.
   */
  async retryDue(owned: OwnedPartitions, may: RetryRules): Promise<void> {
    if (this.#keys.size === 0) return;
    const due = await dueEvents(this.through.pools.worker, this.subscriber.name, owned.numbers);
    for (const event of due) if (!may.isStopping()) await this.#retry(owned, event, may);
    if (due.length === 0) return;
    const tried = due.map(({ key }) => key);
    const held = new Set(await stillHeld(this.through.pools.worker, this.subscriber.name, tried));
    for (const key of tried) if (!held.has(key)) this.#keys.delete(key);
  }

  async #retry(owned: OwnedPartitions, event: DueEvent, may: RetryRules): Promise<void> {
    const { key, partition, position, revision } = event;
    const fence = owned.fenceOf(partition);
    const of = { subscription: this.subscriber.name, eventId: event.event_id };
    const argument = { ...of, key, position, partition, fence, revision };
    const begunAt = performance.now();
    try {
      const deliveries = this.#deliveriesOf(event);
      await this.subscriber.apply(this.through.pools.worker, deliveries, { call: 'kernel.settle_held', argument });
    } catch (error) {
      if (isSuperseded(error)) return;
      if (await may.isFault(error)) throw error;
      await this.#failedAgain(event, error, performance.now() - begunAt);
    }
  }

  /** @throws Untriable when no try could succeed. */
  #deliveriesOf(event: DueEvent): Delivery[] {
    const reading = this.reading.of(event);
    if (reading.kind === 'unreadable') throw new Untriable(errorText(reading.error), true);
    // Another release has held it: to let go of it here would be to lose it there.
    if (reading.kind === 'foreign')
      throw new Untriable(
        `This release does not subscribe to ${event.name}. Deploy one that does, or discard the event.`,
        true,
      );
    const { keys } = reading;
    const before = event.original === null ? reading : this.reading.of({ ...event, data: event.original });
    const others = before.kind === 'event' ? before.keys : [event.key];
    if (keys.includes(event.key) && keys.toSorted().join() === others.toSorted().join())
      return [{ ...reading, keys: [event.key] }];
    throw new Untriable(
      `It is held under ${event.key}, but as it is read now it touches ${keys.join(', ') || 'nothing'}, where later events have ` +
        'gone past. Give it data with the keys that it has in the log, or discard it.',
    );
  }

  async #failedAgain(event: DueEvent, error: unknown, tookMs: number): Promise<void> {
    const attempts = event.attempts + 1;
    const isUntriable = error instanceof Untriable;
    const tryInMs = isUntriable ? undefined : pauseAfter(attempts, tookMs);
    const isUnreadable = isUntriable && error.isUnreadable;
    const text = errorText(error);
    const counts = await holdAgain(
      this.through.pools.worker,
      { ...event, subscription: this.subscriber.name },
      { attempts, error: text, tryInMs, isUnreadable },
    );
    if (tryInMs !== undefined || !counts) return;
    this.#logger.error(
      `${this.subscriber.name}: event ${event.event_id} (${event.name}) is parked after ${attempts} attempts: ${text}`,
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
