import { Logger } from '@nestjs/common';
import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import { isFault } from './faults.js';
import type { OwnedPartitions } from './owned-partitions.js';
import { pauseAfter } from './retry-policy.js';
import { dueEvents, heldKeys, holdAgain, nextDueInMs, type DueEvent } from './sql/held-events.js';
import type { Subscriber } from './subscriber.js';
import type { WorkerSurroundings } from './worker-surroundings.js';

/** Rows for kernel.held_events, collected for one transaction. */
export class HeldRows {
  readonly rows: object[] = [];

  /** Without a failure: queued behind an event of its key that is held already. */
  add(
    key: string,
    row: EventRow,
    partition: number,
    failure?: { attempts: number; error: string; tryInMs: number | undefined },
  ): void {
    const state = failure === undefined ? 'queued' : failure.tryInMs === undefined ? 'parked' : 'blocked';
    this.rows.push({
      key,
      position: row.position,
      eventId: row.id,
      partition,
      state,
      attempts: failure?.attempts ?? 0,
      error: failure?.error ?? null,
      tryInMs: failure?.tryInMs ?? null,
    });
  }
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
    private readonly through: WorkerSurroundings,
  ) {}

  isHeld(key: string): boolean {
    return this.#keys.has(key);
  }

  hold(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }

  queue(): HeldRows {
    return new HeldRows();
  }

  async reload(owned: OwnedPartitions): Promise<void> {
    this.#keys = owned.isEmpty
      ? new Set()
      : new Set(await heldKeys(this.through.pools.worker, this.subscriber.name, owned.numbers));
  }

  async nextDueMs(owned: OwnedPartitions): Promise<number | undefined> {
    if (this.#keys.size === 0) return undefined;
    const dueMs = await nextDueInMs(this.through.pools.worker, this.subscriber.name, owned.numbers);
    return dueMs === undefined ? undefined : Math.max(0, dueMs);
  }

  /** Tries blocked events that are due, each alone; a key that gets through goes on with its queue. */
  async retryDue(owned: OwnedPartitions): Promise<void> {
    if (this.#keys.size === 0) return;
    const due = await dueEvents(this.through.pools.worker, this.subscriber.name, owned.numbers);
    for (const event of due) await this.#retry(owned, event);
    if (due.length > 0) await this.reload(owned);
  }

  async #retry(owned: OwnedPartitions, event: DueEvent): Promise<void> {
    const { key, partition, generation, position } = event;
    const argument = {
      subscription: this.subscriber.name,
      generation,
      key,
      position,
      partition,
      fence: owned.fenceOf(partition),
    };
    try {
      const recorded = recordedEvent(this.through.registry, event);
      await this.subscriber.apply(this.through.pools.worker, [{ recorded, keys: [key] }], {
        call: 'kernel.settle_held',
        argument,
      });
    } catch (error) {
      if (isFault(error)) throw error;
      await this.#failedAgain(event, error);
    }
  }

  async #failedAgain(event: DueEvent, error: unknown): Promise<void> {
    const attempts = event.attempts + 1;
    const tryInMs = pauseAfter(attempts);
    const text = error instanceof Error ? error.message : String(error);
    await holdAgain(
      this.through.pools.worker,
      { ...event, subscription: this.subscriber.name },
      { attempts, error: text.slice(0, 2_000), tryInMs },
    );
    if (tryInMs !== undefined) return;
    this.#logger.error(
      `${this.subscriber.name}: event ${event.event_id} (${event.name}) is parked after ${attempts} tries: ${text}`,
    );
  }
}
