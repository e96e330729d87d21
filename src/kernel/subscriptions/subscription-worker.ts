import { Logger } from '@nestjs/common';
import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import { UnknownEvent } from '../messages/event-registry.js';
import { isFault, isFenced } from './faults.js';
import { HeldEvents } from './held-events.js';
import { OwnedPartitions } from './owned-partitions.js';
import { MAX_TRIES, pauseAfter } from './retry-policy.js';
import type { LeaseRow } from './sql/leases.js';
import type { Delivery, Subscriber } from './subscriber.js';
import type { WorkerSurroundings } from './worker-surroundings.js';

/** Events per transaction while catching up: fewer round trips per event. */
const CATCH_UP_BATCH = 2_000;
/** Behind by more than this means catching up. */
const LIVE_BATCH = 200;
/** How often checkpoints move over events that have no effect: each move is a commit that nobody waits for. */
const IDLE_MOVE_MS = 5_000;
/** At a barrier somebody waits for the checkpoints: they are stored at once. */
const AT_BARRIER_MS = 50;
const FAULT_CAP_MS = 5_000;

/**
 * Runs one subscription in this process, over the partitions it has leases for, all in one transaction per batch.
 *
 *   leases change ──▶ raise fences, read checkpoints, read held keys
 *   read the log from the lowest partition on
 *   each event: key held?  ──▶ queued behind it      (same transaction as the batch)
 *               else       ──▶ takes effect
 *   the batch fails ──▶ by a fault of the database: the whole batch again, after a pause
 *                   ──▶ by an event: halved until it is alone; its key is blocked, everything else goes on
 *   blocked and due ──▶ tried again alone; after the last try parked (dead letter)
 */
export class SubscriptionWorker {
  readonly #logger = new Logger('Subscriptions');
  readonly #owned: OwnedPartitions;
  readonly #held: HeldEvents;
  #leases: readonly LeaseRow[] = [];
  #stopping = false;
  #loop: Promise<void> | undefined;
  #interrupt: (() => void) | undefined;
  #ahead: { readonly after: number; readonly to: number; readonly rows: Promise<readonly EventRow[]> } | undefined;
  #movedAt = Date.now();
  #faults = 0;
  #hasLost = false;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly through: WorkerSurroundings,
  ) {
    this.#owned = new OwnedPartitions(subscriber, through.pools);
    this.#held = new HeldEvents(subscriber, through);
  }

  /** Somebody who read the checkpoints has seen that they aren't ours any more: a rebuild has started them anew. */
  readonly #onLost = (): void => {
    this.#hasLost = true;
    this.#interrupt?.();
  };

  get name(): string {
    return this.subscriber.name;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** The leases of this subscription that the process holds now. */
  lease(leases: readonly LeaseRow[]): void {
    this.#leases = leases.filter((lease) => lease.subscription === this.name);
    this.#interrupt?.();
  }

  /** Ends after the batch under way, with checkpoints stored. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#interrupt?.();
    await this.#loop;
    await this.#owned.storeReached().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#step();
        this.#faults = 0;
      } catch (error) {
        await this.#fault(error);
      }
    }
  }

  async #step(): Promise<void> {
    if (this.#hasLost) this.#owned.forget();
    this.#hasLost = false;
    if (this.#owned.differsFrom(this.#leases)) await this.#takeOver();
    if (this.#owned.isEmpty) return this.#pause(IDLE_MOVE_MS);
    await this.#held.retryDue(this.#owned);
    const end = this.#owned.endOf(this.through.tail.head);
    if (end <= this.#owned.reached) return this.#idle();
    const behind = end - this.#owned.reached;
    const to = this.#owned.reached + Math.min(behind, behind > LIVE_BATCH ? CATCH_UP_BATCH : LIVE_BATCH);
    const rows = await this.#read(this.#owned.reached, to);
    if (end > to) this.#readAhead(to, Math.min(end, to + CATCH_UP_BATCH));
    await this.#deliver(rows, to);
  }

  #read(after: number, to: number): Promise<readonly EventRow[]> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.after === after && ahead.to === to) return ahead.rows;
    return this.through.tail.read(after, to, this.subscriber.eventNames);
  }

  /** While catching up, the next events are read while these take effect. */
  #readAhead(after: number, to: number): void {
    const rows = this.through.tail.read(after, to, this.subscriber.eventNames);
    rows.catch(() => undefined);
    this.#ahead = { after, to, rows };
  }

  async #takeOver(): Promise<void> {
    await this.#owned.takeOver(this.#leases);
    await this.#held.reload(this.#owned);
    this.#tellBoard();
  }

  async #deliver(rows: readonly EventRow[], to: number): Promise<void> {
    let batch: EventRow[] = [];
    for (const row of rows) {
      batch.push(row);
      if (batch.length < this.subscriber.batchSize) continue;
      await this.#batch(batch, row.position!);
      batch = [];
    }
    if (batch.length > 0) await this.#batch(batch, batch.at(-1)!.position!);
    this.#owned.reach(to);
    this.#tellBoard();
  }

  /** One transaction; halved when an event in it can't take effect. */
  async #batch(rows: readonly EventRow[], to: number): Promise<void> {
    try {
      await this.#attempt(rows, to);
    } catch (error) {
      if (isFault(error)) throw error;
      if (rows.length > 1) {
        const half = Math.ceil(rows.length / 2);
        await this.#batch(rows.slice(0, half), rows[half - 1]!.position!);
        await this.#batch(rows.slice(half), to);
        return;
      }
      await this.#hold(rows[0]!, error);
    }
    this.#movedAt = Date.now();
  }

  async #attempt(rows: readonly EventRow[], to: number): Promise<void> {
    const deliveries: Delivery[] = [];
    const queued = this.#held.queue();
    for (const row of rows) {
      const recorded = recordedEvent(this.through.registry, row);
      const mine = this.subscriber.keysOf(recorded).filter((key) => this.#owned.takes(key, row.position!));
      const keys = mine.filter((key) => !this.#held.isHeld(key));
      for (const key of mine) if (this.#held.isHeld(key)) queued.add(key, row, this.#owned.partitionOf(key));
      if (keys.length > 0) deliveries.push({ recorded, keys });
    }
    if (deliveries.length === 0 && queued.rows.length === 0) return this.#passOver(to);
    const target = { position: to, eventId: rows.at(-1)!.id };
    const guard = this.#owned.advance(target, queued.rows);
    await this.subscriber.apply(this.through.pools.worker, deliveries, guard);
    this.#owned.stored(target.position);
  }

  /**
   * The events are for partitions of other processes. Whoever reads the view by a token waits until every partition is
   * past them, so for a view that is stored at once; for others it may wait.
   */
  async #passOver(to: number): Promise<void> {
    this.#owned.reach(to);
    if (this.subscriber.kind !== 'async' || this.#owned.isWhole) return;
    if (!(await this.#owned.storeReached())) this.#owned.forget();
  }

  /** Blocks the keys of one event that can't take effect, and moves on. An event this code can't read is parked at once. */
  async #hold(row: EventRow, error: unknown): Promise<void> {
    const unreadable = error instanceof UnknownEvent;
    const keys = unreadable ? [row.stream_id] : this.subscriber.keysOf(recordedEvent(this.through.registry, row));
    const mine = keys.filter((key) => this.#owned.takes(key, row.position!));
    const queued = this.#held.queue();
    const attempts = unreadable ? MAX_TRIES : 1;
    for (const key of mine) {
      const behind = this.#held.isHeld(key);
      queued.add(
        key,
        row,
        this.#owned.partitionOf(key),
        behind ? undefined : { attempts, error: textOf(error), tryInMs: pauseAfter(attempts) },
      );
    }
    const guard = this.#owned.advance({ position: row.position!, eventId: row.id }, queued.rows);
    await this.subscriber.apply(this.through.pools.worker, [], guard);
    this.#owned.stored(row.position!);
    this.#held.hold(mine);
    this.#logger.error(
      `${this.name}: event ${row.event_id} (${row.name}, position ${row.position}) ${unreadable ? 'is parked' : 'is held back'}: ${textOf(error)}`,
    );
  }

  /** At the end of the log: wait for more, for a change of leases, or for a blocked event's next try. */
  async #idle(): Promise<void> {
    const free = this.#owned.endOf(Infinity) === Infinity;
    const longestMs = free ? IDLE_MOVE_MS : AT_BARRIER_MS;
    const waitMs = Math.min((await this.#held.nextDueMs(this.#owned)) ?? longestMs, longestMs);
    await Promise.race([this.#pause(waitMs), ...(free ? [this.through.tail.beyond(this.#owned.reached, waitMs)] : [])]);
    this.#interrupt?.();
    if (this.#stopping || (free && Date.now() - this.#movedAt < IDLE_MOVE_MS)) return;
    this.#movedAt = Date.now();
    if (!(await this.#owned.storeReached())) this.#owned.forget();
  }

  async #fault(error: unknown): Promise<void> {
    if (this.#stopping) return;
    this.#owned.forget();
    if (isFenced(error)) {
      this.#logger.warn(`${this.name}: another replica has taken over; reading the checkpoints again.`);
      return this.#pause(100);
    }
    this.#faults += 1;
    this.#logger.warn(`${this.name} waits at position ${this.#owned.reached}: ${textOf(error)}`);
    await this.#pause(Math.random() * Math.min(FAULT_CAP_MS, 100 * 2 ** this.#faults));
  }

  #tellBoard(): void {
    if (!this.#owned.isWhole) return this.through.board.forget(this.name);
    const { reached, numbers } = this.#owned;
    const fences = numbers.map((partition) => this.#owned.fenceOf(partition)).join(',');
    this.through.board.reached(this.name, { position: reached, fences, onLost: this.#onLost });
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}
