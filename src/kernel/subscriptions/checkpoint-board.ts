import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import type { HeldCounts } from '../messages/message-context.js';
import { partitionOf } from './partition-of.js';
import { readAllCheckpoints, type AllProgress, type Progress } from './sql/checkpoints.js';
import { countHeld } from './sql/held-counts.js';

const NOTHING: ReadonlyMap<string, HeldCounts> = new Map();
/** How old a look at the checkpoints may be: all readers of a process share one look per interval. */
const FRESH_MS = 20;

export interface BoardView extends AllProgress {
  /** What subscriptions hold back; those with nothing are left out. */
  readonly held: ReadonlyMap<string, HeldCounts>;
}

/** What a worker of this process knows before the database does: it may have passed events that had no effect. */
export interface LocalProgress extends Progress {
  /** Called when the stored fences are others: somebody has taken over, or a rebuild has started anew. */
  readonly onLost: () => void;
}

/**
 * What is known in this process of how far each subscription has come. Workers of this process write their progress
 * here at once; the progress of other replicas is read from the database, at most every 20 ms for all who ask. A worker's
 * word counts only as long as the stored fences are its own: after a rebuild it would praise a view that is empty.
 */
@Injectable()
export class CheckpointBoard {
  readonly #local = new Map<string, LocalProgress & { readonly since: number }>();
  readonly #listeners = new Set<() => void>();
  #view: BoardView = { head: 0, progress: new Map(), holdsAny: false, held: NOTHING };
  #lookedAt = 0;
  #turn = 0;
  #shown = 0;
  #reading: Promise<BoardView> | undefined;

  constructor(private readonly pools: Pools) {}

  reached(subscription: string, progress: LocalProgress): void {
    const known = this.#local.get(subscription);
    const since = known?.fences === progress.fences ? known.since : Date.now();
    this.#local.set(subscription, { ...progress, since });
    for (const listener of this.#listeners) listener();
  }

  forget(subscription: string): void {
    this.#local.delete(subscription);
  }

  onProgress(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A worker of this process holds back more than before: whoever looks from now on must see it. */
  holdsMore(): void {
    this.#turn += 1;
    this.#lookedAt = 0;
    this.#reading = undefined;
  }

  /** The position up to which a subscription has surely taken effect, but for what it holds; of all keys, or of one. */
  async position(subscription: string, key?: string): Promise<number> {
    const stored = (await this.view()).progress.get(subscription);
    const local = this.#local.get(subscription);
    if (local === undefined) return stored === undefined ? 0 : positionOf(stored, key);
    // Without a stored row of its fences, it has taken over since the last look.
    const isSame = local.fences === stored?.fences;
    return isSame ? Math.max(positionOf(local, key), positionOf(stored, key)) : positionOf(local, key);
  }

  /** The stored checkpoints and the head, at most 20 ms old. */
  view(): Promise<BoardView> {
    if (Date.now() - this.#lookedAt < FRESH_MS) return Promise.resolve(this.#view);
    if (this.#reading !== undefined) return this.#reading;
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    return (this.#reading = reading);
  }

  async #read(): Promise<BoardView> {
    const startedAt = Date.now();
    const turn = ++this.#turn;
    const stored = await readAllCheckpoints(this.pools.query);
    const held = stored.holdsAny ? await countHeld(this.pools.query) : NOTHING;
    // Workers have held something since this look began, and a later one has come in before it.
    if (turn < this.#shown) return this.#view;
    this.#shown = turn;
    this.#view = { ...stored, held };
    if (turn === this.#turn) this.#lookedAt = startedAt;
    for (const [subscription, { fences, since, onLost }] of this.#local) {
      if (since >= startedAt || this.#view.progress.get(subscription)?.fences === fences) continue;
      this.#local.delete(subscription);
      onLost();
    }
    return this.#view;
  }
}

function positionOf({ position, positions }: Progress, key: string | undefined): number {
  return key === undefined ? position : (positions[partitionOf(key, positions.length)] ?? position);
}
