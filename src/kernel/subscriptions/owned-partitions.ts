import type { CommitGuard } from '../commands/commit-statement.js';
import { Pools } from '../database/pools.js';
import type { LogPart } from '../event-log/sql/read-log.js';
import { isFenced } from './faults.js';
import { partitionOf } from './partition-of.js';
import { areStillAt, type Progress } from './sql/checkpoints.js';
import type { LeaseRow } from './sql/leases.js';
import { takeOver, type Layout } from './sql/take-over.js';

interface Owned {
  readonly partition: number;
  readonly token: number;
  readonly fence: number;
  /** As in the checkpoint row. */
  stored: number;
  /** May be ahead of `stored` by events that had no effect. */
  reached: number;
  /** It stands right before an event that this release can't read and that may touch any of its rows. */
  isStalled: boolean;
}

/** A place in the log, with the event there: after a failover the position alone may be another event's. */
export interface LogPoint {
  readonly position: number;
  /** UUID of the event at the position, whatever its name. */
  readonly eventId: string;
}

/** The partitions of one subscription that this process works on, with their fences and positions. */
export class OwnedPartitions {
  #owned: Owned[] = [];
  #partitions = 1;
  /** Of those former layouts in which some partition was further than one of these is now. */
  #former: Layout['former'] = [];
  #asked: readonly LeaseRow[] | undefined;
  /** The point of the partitions that have reached more than their rows contain. */
  #reached: LogPoint | undefined;

  constructor(
    private readonly subscription: { readonly name: string; readonly version: number; readonly run: string },
    private readonly from: { readonly pools: Pools; readonly replica: string },
  ) {}

  get isEmpty(): boolean {
    return this.#owned.length === 0;
  }

  /** Every partition is worked on here: what is reached here is reached. */
  get isWhole(): boolean {
    return this.#owned.length === this.#partitions;
  }

  /** The lowest position. */
  get reached(): number {
    return this.isEmpty ? 0 : Math.min(...this.#owned.map((owned) => owned.reached));
  }

  /** Where reading goes on; Infinity when every partition stands before an event that can't be read. */
  get next(): number {
    return Math.min(...this.#going.map((owned) => owned.reached));
  }

  /** Some partition stands before an event that can't be read. */
  get isStalled(): boolean {
    return this.#owned.some(({ isStalled }) => isStalled);
  }

  get #going(): readonly Owned[] {
    return this.#owned.filter(({ isStalled }) => !isStalled);
  }

  /** By partition, as long as all of them are worked on here. */
  get progress(): Progress {
    return {
      position: this.reached,
      positions: this.#owned.map(({ reached }) => reached),
      fences: this.#owned.map(({ fence }) => fence).join(','),
    };
  }

  get numbers(): number[] {
    return this.#owned.map((owned) => owned.partition);
  }

  /** Are these others than those that were taken over last? Some may have been another's by then, and are not asked for again. */
  differsFrom(leases: readonly LeaseRow[]): boolean {
    const asked = this.#asked;
    if (asked === undefined || asked.length !== leases.length) return true;
    return leases.some(
      ({ partition, token }) => !asked.some((one) => one.partition === partition && one.token === token),
    );
  }

  /**
   * Raises the fences of everything that is leased, and reads checkpoints and layout from there: the leases show
   * neither, because they may have been read before the partitions were split or the view was rebuilt.
   */
  async takeOver(leases: readonly LeaseRow[]): Promise<Layout | undefined> {
    this.forget();
    if (leases.length === 0) {
      this.#asked = leases;
      return undefined;
    }
    const of = { ...this.subscription, replica: this.from.replica };
    const { layout, taken } = await takeOver(this.from.pools.worker, of, leases);
    this.#asked = leases;
    this.#partitions = layout.partitions;
    this.#owned = taken.map(({ partition, fence, token, position }) => ({
      partition,
      fence,
      token,
      stored: position,
      reached: position,
      isStalled: false,
    }));
    this.#former = layout.former.filter((positions) => Math.max(...positions) > this.reached);
    return layout;
  }

  /** Reads everything anew at the next step: after a lost fence or an unknown outcome. */
  forget(): void {
    this.#owned = [];
    this.#asked = undefined;
    this.#reached = undefined;
  }

  partitionOf(key: string): number {
    return partitionOf(key, this.#partitions);
  }

  fenceOf(partition: number): number | undefined {
    return this.#owned.find((owned) => owned.partition === partition)?.fence;
  }

  /** Is this event, for this key, work of this process that is still to be done? */
  takes(key: string, position: number): boolean {
    const partition = this.partitionOf(key);
    const owned = this.#owned.find((candidate) => candidate.partition === partition);
    if (owned === undefined || owned.isStalled || position <= owned.stored || position <= owned.reached) return false;
    return !this.#former.some((positions) => position <= positions[partitionOf(key, positions.length)]!);
  }

  /** Has the partitions that still have to take an event stop before it. @returns their numbers, and what moves their checkpoints. */
  stallBefore(event: LogPoint, failedIn: (partition: number) => object): { partitions: number[]; guard: CommitGuard } {
    const stopping = this.#going.filter(({ reached }) => reached < event.position);
    const partitions = stopping.map(({ partition, stored, fence }) => ({ partition, from: stored, fence }));
    const failed = stopping.map(({ partition }) => failedIn(partition));
    for (const owned of stopping) {
      owned.isStalled = true;
      owned.stored = event.position - 1;
      owned.reached = event.position - 1;
    }
    return {
      partitions: partitions.map(({ partition }) => partition),
      guard: this.#guard({ ...event, before: true, partitions, failed }),
    };
  }

  /** Is the partition at or beyond this position? */
  isBeyond(partition: number, position: number): boolean {
    return (this.#owned.find((owned) => owned.partition === partition)?.reached ?? 0) >= position;
  }

  /**
   * Moves every partition that is behind the target, or of those `only` one, and stores failed events, in the transaction of
   * the effects.
   */
  advance(target: LogPoint, failed: readonly object[], only?: number): CommitGuard {
    const partitions = this.#going
      .filter(({ partition, reached }) => reached < target.position && (only ?? partition) === partition)
      .map(({ partition, stored, fence }) => ({ partition, from: stored, fence }));
    return this.#guard({ ...target, partitions, failed });
  }

  /** The checkpoint rows, or `only` one, are at this position now, where they were behind it. */
  stored(position: number, only?: number): void {
    for (const owned of this.#going) {
      if (owned.reached >= position || (only ?? owned.partition) !== owned.partition) continue;
      owned.stored = position;
      owned.reached = position;
    }
  }

  /** Everything up to here has been processed; the rows may follow later. */
  reach(point: LogPoint): void {
    for (const owned of this.#going) owned.reached = Math.max(owned.reached, point.position);
    this.#reached = point;
  }

  /** Does this part of the log follow the event that was processed last? After a failover it may follow another. */
  isContinuedBy({ after, afterEventId }: Pick<LogPart, 'after' | 'afterEventId'>): boolean {
    if (afterEventId === undefined || this.#reached?.position !== after) return true;
    return this.#reached.eventId === afterEventId;
  }

  /** Stores what was reached beyond the rows, and checks whether the others are still ours. @returns false if any isn't. */
  async storeReached(): Promise<boolean> {
    const behind = this.#owned.filter(({ stored, reached }) => reached > stored);
    const others = this.#owned.filter(({ stored, reached }) => reached === stored);
    if (behind.length > 0 && !(await this.#storeBehind(behind))) return false;
    if (others.length === 0) return true;
    const of = { subscription: this.subscription.name, rows: others };
    return (await areStillAt(this.from.pools.worker, of)) === others.length;
  }

  /** All of them are at one point: whoever is taken over later begins at its row, and reads on with the others. */
  async #storeBehind(behind: readonly Owned[]): Promise<boolean> {
    const partitions = behind.map(({ partition, stored, fence }) => ({ partition, from: stored, fence }));
    const { call, argument } = this.#guard({ ...this.#reached!, partitions, failed: [] });
    try {
      await this.from.pools.worker.query({ text: `SELECT ${call}($1::jsonb)`, values: [JSON.stringify(argument)] });
    } catch (error) {
      if (isFenced(error)) return false;
      throw error;
    }
    for (const owned of behind) owned.stored = owned.reached;
    return true;
  }

  #guard(argument: object): CommitGuard {
    return { call: 'kernel.advance', argument: { subscription: this.subscription.name, ...argument } };
  }
}
