import { Logger } from '@nestjs/common';
import type { LogPart } from '../event-log/sql/read-log.js';
import { failpoint } from '../failpoints.js';
import { errorText } from '../messages/error-text.js';
import { PollingLoop } from '../polling-loop.js';
import { Batches } from './batches.js';
import { EventDecoder } from './event-decoder.js';
import { isElsewhere, isFault, isFenced, isOfOtherLog, isOfSomeLink } from './faults.js';
import { FailedEvents } from './failed-events.js';
import { OwnedPartitions } from './owned-partitions.js';
import type { LeaseRow } from './sql/leases.js';
import { runOf } from './run-of.js';
import { StalledPartitions } from './stalled-partitions.js';
import type { Subscriber } from './subscriber.js';
import type { WorkerDependencies } from './worker-dependencies.js';

/** Events per transaction while catching up: fewer round trips per event. */
const CATCH_UP_BATCH = 2_000;
/** Behind by more than this means catching up. */
const LIVE_BATCH = 200;
/** How often checkpoints move over events that have no effect: each move is a commit that no reader waits for. */
const IDLE_MOVE_MS = 5_000;
/** While a partition stands before an event, an operator may have moved it past that. */
const STALLED_CHECK_MS = 1_000;
const FAULT_CAP_MS = 5_000;
const FENCED_PAUSE_MS = 100;
/** So many faults in a row at one place, while the database answers other things, are an event's: it is stored as failed. */
const FAULTS_OF_ONE_EVENT = 8;

/**
 * Runs one subscription in this process, over the partitions it has leases for, all in one transaction per batch.
 *
 *   leases change ──▶ raise fences, read checkpoints and blocked keys, try what another release couldn't read
 *   read the log from the lowest partition on
 *   each event: key blocked?  ──▶ waiting behind it      (same transaction as the batch)
 *               unreadable ──▶ dead-lettered under its key; of unknown keys: the partitions stop before it
 *               else       ──▶ takes effect
 *   the batch fails ──▶ by a fault of the database: the whole batch again, after a pause
 *                   ──▶ by an event: halved until it is alone; its key is retried, everything else goes on
 *   retrying and due ──▶ tried again alone; after the last try dead-lettered (dead letter)
 */
export class SubscriptionWorker {
  readonly #logger = new Logger('Subscriptions');
  readonly #owned: OwnedPartitions;
  readonly #decoder: EventDecoder;
  readonly #failed: FailedEvents;
  readonly #stalled: StalledPartitions;
  readonly #batches: Batches;
  #leases: readonly LeaseRow[] = [];
  readonly #loop = new PollingLoop({ turn: () => this.#step(), failed: (error) => this.#fault(error) });
  #ahead: { readonly after: number; readonly to: number; readonly part: Promise<LogPart> } | undefined;
  #faults = 0;
  #hasLost = false;
  /** When the checkpoint rows were last compared with what is known here, by the monotonic clock, in ms. */
  #checkedAt = -Infinity;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly through: WorkerDependencies,
  ) {
    this.#owned = new OwnedPartitions(
      { name: subscriber.name, version: subscriber.version, run: runOf(subscriber) },
      through,
    );
    this.#decoder = new EventDecoder(subscriber, through.registry);
    this.#failed = new FailedEvents(subscriber, this.#decoder, through);
    this.#stalled = new StalledPartitions(subscriber, through);
    const parts = {
      owned: this.#owned,
      decoder: this.#decoder,
      failed: this.#failed,
      stalled: this.#stalled,
      ...this.#rules,
    };
    this.#batches = new Batches(subscriber, parts, through);
  }

  readonly #rules = {
    isStopping: (): boolean => this.#loop.isStopping,
    isFault: (error: unknown): Promise<boolean> => this.#isFault(error),
  };

  /** What is known here of the checkpoints or of the log isn't true any more: a rebuild has started them anew, or the log was
   *  failed over. */
  readonly lose = (): void => {
    this.#hasLost = true;
    this.through.progress.forget(this.name);
    this.#loop.wake();
  };

  get name(): string {
    return this.subscriber.name;
  }

  start(): void {
    this.#loop.start();
  }

  /** Names of the events that it reads; undefined while it has no partition. */
  get names(): readonly string[] | undefined {
    return this.#leases.length === 0 ? undefined : this.#decoder.names;
  }

  /** The leases of this subscription that the process holds now. */
  lease(leases: readonly LeaseRow[]): void {
    this.#leases = leases.filter((lease) => lease.subscription === this.name);
    this.#loop.wake();
  }

  /** Ends after the batch under way, with checkpoints stored. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#owned.storeReached().catch(() => undefined);
  }

  async #step(): Promise<number> {
    if (!(await this.turn())) await this.#rest();
    this.#faults = 0;
    return 0;
  }

  /** Takes over what is leased to the process now, and makes the next events take effect. @returns whether there may be more. */
  async turn(): Promise<boolean> {
    if (this.#hasLost) this.#owned.forget();
    this.#hasLost = false;
    const leases = this.#leases;
    if (this.#owned.differsFrom(leases)) await this.#takeOver(leases);
    // They have changed meanwhile.
    if (this.#leases !== leases) return true;
    if (this.#owned.isEmpty) return false;
    if (this.#owned.isStalled && !(await this.#standsAsStored())) return true;
    await this.#failed.retryDue(this.#owned, this.#rules);
    // The log was rewound meanwhile: positions that were reached in the lost end are others' now.
    return this.#hasLost || this.#next();
  }

  /** The next events take effect. @returns false at the end of the log. */
  async #next(): Promise<boolean> {
    const end = this.through.tail.head;
    const { next } = this.#owned;
    if (end <= next) return false;
    const behind = end - next;
    const to = next + Math.min(behind, behind > LIVE_BATCH ? CATCH_UP_BATCH : LIVE_BATCH);
    const part = await this.#read(next, to);
    if (end > part.to) this.#readAhead(part.to, Math.min(end, part.to + CATCH_UP_BATCH));
    await failpoint('sub.after-fetch');
    if (!this.#owned.isContinuedBy(part)) this.lose();
    if (this.#hasLost) return true;
    await this.#deliver(part);
    return true;
  }

  #read(after: number, to: number): Promise<LogPart> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.after === after && ahead.to === to) return ahead.part;
    return this.through.tail.read(after, to, this.#decoder.names);
  }

  /** While catching up, the next events are read while these take effect. */
  #readAhead(after: number, to: number): void {
    const part = this.through.tail.read(after, to, this.#decoder.names);
    part.catch(() => undefined);
    this.#ahead = { after, to, part };
  }

  async #takeOver(leases: readonly LeaseRow[]): Promise<void> {
    const layout = await this.#owned.takeOver(leases);
    if (layout !== undefined) this.#decoder.declared(layout);
    this.#ahead = undefined;
    await this.#failed.reload(this.#owned);
    await this.#failed.retryReadable(this.#owned);
    await this.#stalled.reload(this.#owned);
    this.#publishProgress();
  }

  async #deliver(part: LogPart): Promise<void> {
    await this.#batches.run(part);
    this.#publishProgress();
  }

  /** Without partitions, or at the end of the log: wait for more, for a change of leases, or for a retrying event's next try. */
  async #rest(): Promise<void> {
    if (this.#owned.isEmpty) return this.#loop.rest(IDLE_MOVE_MS);
    const longestMs = this.#owned.isStalled ? STALLED_CHECK_MS : IDLE_MOVE_MS;
    const waitMs = Math.min((await this.#failed.nextDueMs(this.#owned)) ?? longestMs, longestMs);
    await this.#loop.rest(waitMs, this.through.tail.beyond(this.#owned.next, waitMs));
    if (this.#loop.isStopping || performance.now() - this.#batches.movedAt < IDLE_MOVE_MS) return;
    await this.#storeReached();
  }

  /** Checked also while other partitions never rest: their commits don't touch the checkpoints of those that stand. */
  async #standsAsStored(): Promise<boolean> {
    return performance.now() - this.#checkedAt < STALLED_CHECK_MS || this.#storeReached();
  }

  async #storeReached(): Promise<boolean> {
    this.#batches.movedAt = this.#checkedAt = performance.now();
    const isMine = await this.#owned.storeReached();
    if (!isMine) this.#owned.forget();
    return isMine;
  }

  /** @returns how long to wait before the next try, in ms. */
  async #fault(error: unknown): Promise<number> {
    const { reached } = this.#owned;
    this.#owned.forget();
    this.#ahead = undefined;
    if (isFenced(error)) {
      this.#logger.warn(
        `${this.name}: another replica owns its partitions now, or it was paused. Reading the checkpoints again.`,
      );
      return FENCED_PAUSE_MS;
    }
    if (isOfOtherLog(error)) {
      this.through.tail.wake();
      this.#logger.warn(`${this.name}: the log was replaced by another one. Reading it again.`);
      return FENCED_PAUSE_MS;
    }
    this.#faults += 1;
    if (this.#faults >= FAULTS_OF_ONE_EVENT && !(await this.through.pools.answers()))
      this.#faults = FAULTS_OF_ONE_EVENT - 1;
    this.#logger.warn(`${this.name} waits at position ${reached}: ${errorText(error)}`);
    return Math.random() * Math.min(FAULT_CAP_MS, 100 * 2 ** this.#faults);
  }

  /** Not the event's: the same for all of them, or it passes. An event that always fails so is found out by the others. */
  async #isFault(error: unknown): Promise<boolean> {
    if (isElsewhere(error)) return true;
    if (!isFault(error)) return false;
    if (isOfSomeLink(error)) return !(await this.through.pools.answers());
    return this.#faults < FAULTS_OF_ONE_EVENT;
  }

  #publishProgress(): void {
    if (this.#hasLost || !this.#owned.isWhole) return this.through.progress.forget(this.name);
    this.through.progress.reached(this.name, { ...this.#owned.progress, onLost: this.lose });
  }
}
