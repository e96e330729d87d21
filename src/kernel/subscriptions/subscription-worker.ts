import { Logger } from '@nestjs/common';
import type { EventRow } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { errorText } from '../messages/error-text.js';
import { Pause } from '../pause.js';
import { Batches } from './batches.js';
import { EventReading } from './event-reading.js';
import { isFenced } from './faults.js';
import { HeldEvents } from './held-events.js';
import { OwnedPartitions } from './owned-partitions.js';
import type { LeaseRow } from './sql/leases.js';
import { readInterest } from './sql/subscription-status.js';
import { StoppedPartitions } from './stopped-partitions.js';
import type { Subscriber } from './subscriber.js';
import type { WorkerSurroundings } from './worker-surroundings.js';

/** Events per transaction while catching up: fewer round trips per event. */
const CATCH_UP_BATCH = 2_000;
/** Behind by more than this means catching up. */
const LIVE_BATCH = 200;
/** How often checkpoints move over events that have no effect: each move is a commit that nobody waits for. */
const IDLE_MOVE_MS = 5_000;
/** At a barrier somebody waits for the checkpoints: they are stored at once. */
const AT_BARRIER_MS = 50;
/** While a partition stands before an event, an operator may have moved it past that. */
const STOPPED_LOOK_MS = 1_000;
const FAULT_CAP_MS = 5_000;

/**
 * Runs one subscription in this process, over the partitions it has leases for, all in one transaction per batch.
 *
 *   leases change ──▶ raise fences, read checkpoints and held keys, try what another release couldn't read
 *   read the log from the lowest partition on
 *   each event: key held?  ──▶ queued behind it      (same transaction as the batch)
 *               unreadable ──▶ parked under its key; of unknown keys: the partitions stop before it
 *               else       ──▶ takes effect
 *   the batch fails ──▶ by a fault of the database: the whole batch again, after a pause
 *                   ──▶ by an event: halved until it is alone; its key is blocked, everything else goes on
 *   blocked and due ──▶ tried again alone; after the last try parked (dead letter)
 */
export class SubscriptionWorker {
  readonly #logger = new Logger('Subscriptions');
  readonly #owned: OwnedPartitions;
  readonly #reading: EventReading;
  readonly #held: HeldEvents;
  readonly #stopped: StoppedPartitions;
  readonly #batches: Batches;
  #leases: readonly LeaseRow[] = [];
  #stopping = false;
  #loop: Promise<void> | undefined;
  readonly #sleeping = new Pause();
  #ahead: { readonly after: number; readonly to: number; readonly rows: Promise<readonly EventRow[]> } | undefined;
  #faults = 0;
  #hasLost = false;
  /** When the checkpoint rows were last compared with what is known here, in ms since 1970. */
  #lookedAt = 0;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly through: WorkerSurroundings,
  ) {
    this.#owned = new OwnedPartitions(subscriber, through.pools);
    this.#reading = new EventReading(subscriber, through.registry);
    this.#held = new HeldEvents(subscriber, this.#reading, through);
    this.#stopped = new StoppedPartitions(subscriber, through);
    const parts = { owned: this.#owned, reading: this.#reading, held: this.#held, stopped: this.#stopped };
    this.#batches = new Batches(subscriber, parts, through);
  }

  /** Somebody who read the checkpoints has seen that they aren't ours any more: a rebuild has started them anew. */
  readonly #onLost = (): void => {
    this.#hasLost = true;
    this.#sleeping.end();
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
    this.#sleeping.end();
  }

  /** Ends after the batch under way, with checkpoints stored. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#sleeping.end();
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
    if (this.#owned.isStopped && !(await this.#standsAsStored())) return;
    await this.#held.retryDue(this.#owned);
    const end = this.#owned.endOf(this.through.tail.head);
    const { next } = this.#owned;
    if (end <= next) return this.#idle();
    const behind = end - next;
    const to = next + Math.min(behind, behind > LIVE_BATCH ? CATCH_UP_BATCH : LIVE_BATCH);
    const rows = await this.#read(next, to);
    if (end > to) this.#readAhead(to, Math.min(end, to + CATCH_UP_BATCH));
    await failpoint('sub.after-fetch');
    await this.#deliver(rows, to);
  }

  #read(after: number, to: number): Promise<readonly EventRow[]> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.after === after && ahead.to === to) return ahead.rows;
    return this.through.tail.read(after, to, this.#reading.names);
  }

  /** While catching up, the next events are read while these take effect. */
  #readAhead(after: number, to: number): void {
    const rows = this.through.tail.read(after, to, this.#reading.names);
    rows.catch(() => undefined);
    this.#ahead = { after, to, rows };
  }

  async #takeOver(): Promise<void> {
    await this.#owned.takeOver(this.#leases);
    const interest = await readInterest(this.through.pools.worker, this.name);
    if (interest !== undefined) this.#reading.declared(interest);
    this.#ahead = undefined;
    await this.#held.reload(this.#owned);
    await this.#held.freeReadable(this.#owned);
    await this.#stopped.reload(this.#owned);
    this.#tellBoard();
  }

  async #deliver(rows: readonly EventRow[], to: number): Promise<void> {
    await this.#batches.run(rows, to);
    this.#tellBoard();
  }

  /** At the end of the log: wait for more, for a change of leases, or for a blocked event's next try. */
  async #idle(): Promise<void> {
    const free = this.#owned.endOf(Infinity) === Infinity;
    const moveMs = free ? IDLE_MOVE_MS : AT_BARRIER_MS;
    const longestMs = this.#owned.isStopped ? Math.min(moveMs, STOPPED_LOOK_MS) : moveMs;
    const waitMs = Math.min((await this.#held.nextDueMs(this.#owned)) ?? longestMs, longestMs);
    await Promise.race([this.#pause(waitMs), ...(free ? [this.through.tail.beyond(this.#owned.next, waitMs)] : [])]);
    this.#sleeping.end();
    if (this.#stopping || (free && Date.now() - this.#batches.movedAt < moveMs)) return;
    await this.#storeReached();
  }

  /** Looked at also while other partitions never rest: their commits don't touch the checkpoints of those that stand. */
  async #standsAsStored(): Promise<boolean> {
    return Date.now() - this.#lookedAt < STOPPED_LOOK_MS || this.#storeReached();
  }

  async #storeReached(): Promise<boolean> {
    this.#batches.movedAt = this.#lookedAt = Date.now();
    const isMine = await this.#owned.storeReached();
    if (!isMine) this.#owned.forget();
    return isMine;
  }

  async #fault(error: unknown): Promise<void> {
    if (this.#stopping) return;
    this.#owned.forget();
    if (isFenced(error)) {
      this.#logger.warn(`${this.name}: another replica has taken over; reading the checkpoints again.`);
      return this.#pause(100);
    }
    this.#faults += 1;
    this.#logger.warn(`${this.name} waits at position ${this.#owned.reached}: ${errorText(error)}`);
    await this.#pause(Math.random() * Math.min(FAULT_CAP_MS, 100 * 2 ** this.#faults));
  }

  #tellBoard(): void {
    if (this.#hasLost || !this.#owned.isWhole) return this.through.board.forget(this.name);
    this.through.board.reached(this.name, { ...this.#owned.progress, onLost: this.#onLost });
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return this.#sleeping.atMost(ms);
  }
}
