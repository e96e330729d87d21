import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { failpoint } from '../failpoints.js';
import { PollingLoop } from '../polling-loop.js';
import { LogEpoch } from './epoch.js';
import { CommitSignal } from './commit-signal.js';
import { LogMemory } from './log-memory.js';
import { lostEvents } from './sql/lost-events.js';
import { LogRewound, readLog, type LogPart } from './sql/read-log.js';
import { trySequence, type Sequenced } from './sql/sequence.js';

/** Events positioned per call: small enough that the sequencer's lock is held for milliseconds. */
const SEQUENCE_BATCH = 500;
/** Under load the log is read this often, so that many commits share one turn of every view: a turn costs some
 *  fifteen statements, however few events it brings. The first commit after a pause is seen at once. */
const TURN_MS = 20;
/** Another process is giving positions: those of this one's last commit may not be among them. */
const BUSY_MS = 5;
const POLL_FIRST_MS = 100;
const POLL_CAP_MS = 1_000;
const FAILED_PAUSE_MS = 500;
/** Events of a lost end of the log that are named when it is noticed. */
const SHOWN = 20;

/**
 * The end of the log, as one process sees it. One loop gives positions to committed events, reads the new ones once
 * and lets every subscription of the process take them from memory; a subscription that is further behind reads by itself.
 * The loop turns when a commit of this process signals, when another process notifies, and by polling in any case; it rests
 * while this process works on no partition, and reads only events that a subscription here takes.
 *
 * After a failover or a restore, positions stand for other events. So each turn compares the event at the head that it knows
 * with the log's: what is in memory is always the end of one history, and never continued by another one's.
 */
@Injectable()
export class LogTail {
  readonly #logger = new Logger(LogTail.name);
  readonly #waiting = new Set<() => void>();
  readonly #memory = new LogMemory();
  #head = -1;
  #headEvent: string | null = null;
  #epoch: string | null = null;
  #isNeeded = false;
  #pollMs = POLL_FIRST_MS;
  readonly #loop = new PollingLoop({ turn: () => this.#turn(), failed: (error) => this.#failed(error) });
  #stopListening: (() => void) | undefined;
  /** Called with the head whenever this process has given positions: other replicas are notified from here. */
  onSequenced: ((head: number) => void) | undefined;
  /** Called when the log isn't the one any more that this process has followed: nothing read from it before may take effect. */
  onRewound: (() => void) | undefined;

  constructor(
    private readonly pools: Pools,
    private readonly signal: CommitSignal,
    private readonly epoch: LogEpoch,
  ) {}

  /** The highest position known; -1 before the first read. */
  get head(): number {
    return this.#head;
  }

  start(): void {
    this.#stopListening ??= this.signal.onCommit(() => this.wake());
    this.#loop.start();
  }

  async stop(): Promise<void> {
    const stopped = this.#loop.stop();
    this.#release();
    await stopped;
    this.#stopListening?.();
  }

  /** Which events the subscriptions take that have partitions in this process; undefined: there are none. */
  needs(names: readonly string[] | undefined): void {
    const isNew = !this.#isNeeded && names !== undefined;
    this.#isNeeded = names !== undefined;
    this.#memory.keepOnly(names ?? []);
    // Called at each renewal of the leases: the log is read at once only where no partition needed it before.
    if (isNew) this.wake();
  }

  /** Polls now instead of at the next interval. */
  wake(): void {
    this.#loop.wake();
  }

  /** Resolves when the head is above the position, after a time-out, or when the tail stops. */
  async beyond(position: number, atMostMs: number): Promise<void> {
    if (this.#head > position || this.#loop.isStopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, atMostMs);
      const waiting = this.#waiting;
      waiting.add(done);
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
    });
  }

  /** The events of `names` at (after, to], from memory or from the database; from memory maybe not quite as far as `to`.
   *  @throws LogRewound */
  async read(after: number, to: number, names: readonly string[]): Promise<LogPart> {
    return this.#memory.read(after, to, names) ?? readLog(this.pools.worker, { after, to, names });
  }

  async #turn(): Promise<number> {
    if (!this.#isNeeded) return POLL_CAP_MS;
    const startedAt = performance.now();
    const news = await this.#poll();
    this.#pollMs = news === 0 ? Math.min(POLL_CAP_MS, this.#pollMs * 1.5) : POLL_FIRST_MS;
    if (news === 0) return this.#pollMs;
    if (news === 'busy') await pause(BUSY_MS);
    else if (news < SEQUENCE_BATCH) await pause(Math.max(0, startedAt + TURN_MS - performance.now()));
    return 0;
  }

  #failed(error: unknown): number {
    if (error instanceof LogRewound) return 0;
    this.#logger.warn(`The log could not be read. Retrying. ${String(error)}`);
    return FAILED_PAUSE_MS;
  }

  /** @returns how many new positions there are: 0 when nothing is new; `busy` when another process gives some just now. */
  async #poll(): Promise<number | 'busy'> {
    await failpoint('seq.before-call');
    const seen = await trySequence(this.pools.control, SEQUENCE_BATCH);
    await failpoint('seq.after-call');
    const { head, assigned } = seen;
    if (assigned !== null && assigned > 0) this.onSequenced?.(head);
    await this.#readNew(seen);
    if (seen.epoch !== null && seen.epoch !== this.epoch.known) await this.epoch.refresh();
    const hasGrown = head !== this.#head;
    this.#head = head;
    this.#headEvent = seen.headEvent;
    this.#epoch = seen.epoch;
    if (hasGrown) this.#release();
    if (assigned === null) return 'busy';
    return hasGrown ? Math.max(1, assigned) : assigned;
  }

  async #readNew(seen: Sequenced): Promise<void> {
    const { names } = this.#memory;
    const part = await this.#newPart(seen, names);
    if (part === 'rewound') await this.#rewound(seen);
    else if (part !== undefined) this.#memory.add(part, names);
  }

  /** What has been added since the last turn, if it is to be kept in memory. */
  async #newPart({ head, headEvent }: Sequenced, names: readonly string[]): Promise<LogPart | 'rewound' | undefined> {
    if (this.#head < 0) return undefined;
    if (head < this.#head || (head === this.#head && headEvent !== this.#headEvent)) return 'rewound';
    if (head === this.#head) return undefined;
    if (head - this.#head > LogMemory.size) return (await this.#isSameLog()) ? undefined : 'rewound';
    const part = await readLog(this.pools.worker, { after: this.#head, to: head, names });
    return (part.afterEventId ?? null) === this.#headEvent ? part : 'rewound';
  }

  async #isSameLog(): Promise<boolean> {
    if (this.#head <= 0) return true;
    const known = await readLog(this.pools.worker, { after: this.#head - 1, to: this.#head, names: [] });
    return known.eventId === this.#headEvent;
  }

  /** Drops what isn't in the log, logs what was lost, and makes sure that the log has a new epoch. */
  async #rewound({ head, epoch }: Sequenced): Promise<void> {
    const before = this.#head;
    const known = this.#memory.rows();
    this.#memory.clear();
    this.onRewound?.();
    const lost = await lostEvents(this.pools.worker, known);
    const shown = lost
      .slice(0, SHOWN)
      .map((row) => `${row.event_id} (${row.name} of ${row.stream_id}, position ${row.position})`);
    this.#logger.error(
      `The log was rewound: this process has followed it to position ${before}, and it now ends at ${head} or goes on with other ` +
        `events. What was read of the lost part has no further effect here. ` +
        (lost.length === 0
          ? 'None of the lost events is known here any more.'
          : `Lost events known here: ${lost.length}: ${shown.join(', ')}${lost.length > SHOWN ? ', …' : ''}.`),
    );
    if (epoch === this.#epoch && epoch === this.epoch.known) await this.epoch.begin('the log was rewound');
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
