import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { failpoint } from '../failpoints.js';
import { Pause } from '../pause.js';
import { LogBell } from './log-bell.js';
import { readLog } from './sql/read-log.js';
import { sequence } from './sql/sequence.js';
import type { EventRow } from './stored-event.js';

/** Events positioned per call: small enough that the sequencer's lock is held for milliseconds. */
const SEQUENCE_BATCH = 500;
/** Events kept in memory for the subscriptions that are at the end of the log: they share one read. */
const TAIL_SIZE = 2_000;
/** Under load the log is looked at this often, so that many commits share one turn of every view: a turn costs some
 *  fifteen statements, however few events it brings. The first commit after a pause is seen at once. */
const TURN_MS = 20;
const POLL_FIRST_MS = 100;
const POLL_CAP_MS = 1_000;
const FAILED_PAUSE_MS = 500;

/**
 * The end of the log, as one process sees it. One loop gives positions to committed events, reads the new ones once
 * and lets every subscription of the process take them from memory; whoever is further behind reads by itself.
 * The loop turns when a commit of this process rings, when another process notifies, and by polling in any case.
 */
@Injectable()
export class LogTail {
  readonly #logger = new Logger(LogTail.name);
  readonly #waiting = new Set<() => void>();
  #rows: EventRow[] = [];
  #head = -1;
  #stopping = false;
  #loop: Promise<void> | undefined;
  readonly #sleeping = new Pause();
  #rung = false;
  /** Told the head whenever this process has given positions: other replicas are notified from here. */
  onSequenced: ((head: number) => void) | undefined;

  constructor(
    private readonly pools: Pools,
    private readonly bell: LogBell,
  ) {}

  /** The highest position known; -1 before the first look. */
  get head(): number {
    return this.#head;
  }

  start(): void {
    const stopListening = this.bell.onRing(() => this.wake());
    this.#loop ??= this.#run().finally(stopListening);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    this.#release();
    await this.#loop;
  }

  /** Looks again now instead of at the next poll. */
  wake(): void {
    this.#rung = true;
    this.#sleeping.end();
  }

  /** Resolves when the head is above the position, after a time-out, or when the tail stops. */
  async beyond(position: number, atMostMs: number): Promise<void> {
    if (this.#head > position || this.#stopping) return;
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

  /** The events at (after, to], all of them from memory or only those of `names` from the database. */
  async read(after: number, to: number, names: readonly string[]): Promise<readonly EventRow[]> {
    const first = this.#rows[0]?.position;
    if (first === undefined || first > after + 1) return readLog(this.pools.worker, { after, to, names });
    const wanted = new Set(names);
    return this.#rows.slice(after + 1 - first, to + 1 - first).filter((row) => wanted.has(row.name));
  }

  async #run(): Promise<void> {
    let pollMs = POLL_FIRST_MS;
    while (!this.#stopping) {
      this.#rung = false;
      const startedAt = Date.now();
      try {
        const assigned = await this.#advance();
        pollMs = assigned > 0 ? POLL_FIRST_MS : Math.min(POLL_CAP_MS, pollMs * 1.5);
        if (assigned === 0) await this.#sleep(pollMs);
        else if (assigned < SEQUENCE_BATCH) await pause(startedAt + TURN_MS - Date.now());
      } catch (error) {
        if (!this.#stopping) this.#logger.warn(`The log can't be read right now; trying again. ${String(error)}`);
        await this.#sleep(FAILED_PAUSE_MS);
      }
    }
    this.#release();
  }

  /** @returns how many positions there are to tell of: 0 when nothing is new. */
  async #advance(): Promise<number> {
    await failpoint('seq.before-call');
    const { head, assigned } = await sequence(this.pools.worker, SEQUENCE_BATCH);
    await failpoint('seq.after-call');
    if (assigned > 0) this.onSequenced?.(head);
    if (head === this.#head) return assigned;
    await this.#append(head);
    this.#head = head;
    this.#release();
    return Math.max(1, assigned);
  }

  async #append(head: number): Promise<void> {
    if (this.#head < 0 || head - this.#head > TAIL_SIZE) {
      this.#rows = [];
      return;
    }
    const rows = await readLog(this.pools.worker, { after: this.#head, to: head });
    const kept = [...this.#rows, ...rows];
    this.#rows = kept.length > TAIL_SIZE ? kept.slice(kept.length - TAIL_SIZE) : kept;
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#rung || this.#stopping) return;
    await this.#sleeping.atMost(ms);
  }
}
