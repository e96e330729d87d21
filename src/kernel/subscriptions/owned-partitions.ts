import type { CommitGuard } from '../commands/commit-statement.js';
import { Pools } from '../database/pools.js';
import { partitionOf } from './partition-of.js';
import { storeCheckpoints } from './sql/checkpoints.js';
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

  /** The lowest position; reading goes on from here. */
  get reached(): number {
    return this.isEmpty ? 0 : Math.min(...this.#owned.map((owned) => owned.reached));
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
    return owned !== undefined && position > owned.stored && position > owned.reached;
  }

  /** Moves every partition that is behind the target, and holds events back, in the transaction of the effects. */
  advance(target: { position: number; eventId: number }, held: readonly object[]): CommitGuard {
    const partitions = this.#owned
      .filter(({ reached }) => reached < target.position)
      .map(({ partition, stored, fence }) => ({ partition, from: stored, fence }));
    return {
      call: 'kernel.advance',
      argument: { subscription: this.subscription.name, generation: this.#generation, ...target, partitions, held },
    };
  }

  /** The checkpoint rows are at this position now, where they were behind it. */
  stored(position: number): void {
    for (const owned of this.#owned) {
      if (owned.reached >= position) continue;
      owned.stored = position;
      owned.reached = position;
    }
  }

  /** Everything up to here has been looked at; the rows may follow later. */
  reach(position: number): void {
    for (const owned of this.#owned) owned.reached = Math.max(owned.reached, position);
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
