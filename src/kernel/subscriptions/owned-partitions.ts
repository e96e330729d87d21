import type { CommitGuard } from '../commands/commit-statement.js';
import { Pools } from '../database/pools.js';
import { partitionOf } from './partition-of.js';
import { storeCheckpoints, type Progress } from './sql/checkpoints.js';
import type { LeaseRow } from './sql/leases.js';
import { takeOver } from './sql/take-over.js';

interface Owned {
  readonly partition: number;
  readonly token: number;
  readonly fence: number;
  /** As in the checkpoint row. */
  stored: number;
  /** May be ahead of `stored` by events that had no effect. */
  reached: number;
  /** It stands right before an event that this release can't read and that may touch any of its rows. */
  isStopped: boolean;
}

/** The partitions of one subscription that this process works on, with their fences and positions. */
export class OwnedPartitions {
  #owned: Owned[] = [];
  #partitions = 1;
  #generation = 1;
  #barrier: number | null = null;

  constructor(
    private readonly subscription: { readonly name: string; readonly version: number },
    private readonly pools: Pools,
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
  get isStopped(): boolean {
    return this.#owned.some(({ isStopped }) => isStopped);
  }

  get #going(): readonly Owned[] {
    return this.#owned.filter(({ isStopped }) => !isStopped);
  }

  /** By partition, as long as all of them are worked on here. */
  get progress(): Progress {
    return {
      position: this.reached,
      positions: this.#owned.map(({ reached }) => reached),
      fences: this.#owned.map(({ fence }) => fence).join(','),
    };
  }

  get generation(): number {
    return this.#generation;
  }

  get numbers(): number[] {
    return this.#owned.map((owned) => owned.partition);
  }

  /** As far as reading may go: the head, or the barrier while partitions are split or merged. */
  endOf(head: number): number {
    return this.#barrier === null ? head : Math.min(head, this.#barrier);
  }

  differsFrom(leases: readonly LeaseRow[]): boolean {
    const barrier = leases[0]?.barrier ?? null;
    if (this.#owned.length !== leases.length || (leases.length > 0 && barrier !== this.#barrier)) return true;
    return leases.some(
      ({ partition, token }) => !this.#owned.some((owned) => owned.partition === partition && owned.token === token),
    );
  }

  /** Raises the fences of what is new here and reads its checkpoints. */
  async takeOver(leases: readonly LeaseRow[]): Promise<void> {
    const kept = this.#owned.filter(({ partition, token }) =>
      leases.some((lease) => lease.partition === partition && lease.token === token),
    );
    const added = leases.filter(({ partition }) => !kept.some((owned) => owned.partition === partition));
    const taken = added.length === 0 ? [] : await takeOver(this.pools.worker, this.subscription, added);
    const fresh = taken.map(({ partition, fence, position }) => ({
      partition,
      fence,
      token: added.find((lease) => lease.partition === partition)!.token,
      stored: position,
      reached: position,
      isStopped: false,
    }));
    this.#generation = taken[0]?.generation ?? this.#generation;
    this.#partitions = leases[0]?.partitions ?? this.#partitions;
    this.#barrier = leases[0]?.barrier ?? null;
    this.#owned = [...kept, ...fresh].toSorted((a, b) => a.partition - b.partition);
  }

  /** Reads everything anew at the next step: after a lost fence or an unknown outcome. */
  forget(): void {
    this.#owned = [];
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
    return owned !== undefined && !owned.isStopped && position > owned.stored && position > owned.reached;
  }

  /** Partitions that still have to take this position; they stop before it. */
  stopAt(position: number): { partition: number; from: number; fence: number }[] {
    const stopping = this.#going.filter(({ reached }) => reached < position);
    for (const owned of stopping) owned.isStopped = true;
    return stopping.map((owned) => {
      const { partition, stored, fence } = owned;
      owned.stored = position - 1;
      owned.reached = position - 1;
      return { partition, from: stored, fence };
    });
  }

  /** Is the partition at or beyond this position? */
  isBeyond(partition: number, position: number): boolean {
    return (this.#owned.find((owned) => owned.partition === partition)?.reached ?? 0) >= position;
  }

  /**
   * Moves every partition that is behind the target, or of those `only` one, and holds events back, in the transaction of
   * the effects.
   */
  advance(target: { position: number; eventId: number }, held: readonly object[], only?: number): CommitGuard {
    const partitions = this.#going
      .filter(({ partition, reached }) => reached < target.position && (only ?? partition) === partition)
      .map(({ partition, stored, fence }) => ({ partition, from: stored, fence }));
    return {
      call: 'kernel.advance',
      argument: { subscription: this.subscription.name, generation: this.#generation, ...target, partitions, held },
    };
  }

  /** The checkpoint rows, or `only` one, are at this position now, where they were behind it. */
  stored(position: number, only?: number): void {
    for (const owned of this.#going) {
      if (owned.reached >= position || (only ?? owned.partition) !== owned.partition) continue;
      owned.stored = position;
      owned.reached = position;
    }
  }

  /** Everything up to here has been looked at; the rows may follow later. */
  reach(position: number): void {
    for (const owned of this.#going) owned.reached = Math.max(owned.reached, position);
  }

  /** Stores what was reached beyond the rows, or looks whether they are still ours. @returns false if they are not. */
  async storeReached(): Promise<boolean> {
    if (this.isEmpty) return true;
    const moved = await storeCheckpoints(this.pools.worker, {
      subscription: this.subscription.name,
      generation: this.#generation,
      rows: this.#owned.map(({ partition, stored, reached, fence }) => ({
        partition,
        from: stored,
        to: reached,
        fence,
      })),
    });
    if (moved !== this.#owned.length) return false;
    for (const owned of this.#owned) owned.stored = owned.reached;
    return true;
  }
}
