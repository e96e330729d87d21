import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { readAllCheckpoints, type StoredProgress } from './sql/checkpoints.js';

/** How old a look at the checkpoints may be: all readers of a process share one look per interval. */
const FRESH_MS = 20;

export interface BoardView {
  readonly head: number;
  readonly progress: ReadonlyMap<string, StoredProgress>;
}

/** What a worker of this process knows before the database does: it may have passed events that had no effect. */
export interface LocalProgress extends StoredProgress {
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
  #view: BoardView = { head: 0, progress: new Map() };
  #readAt = 0;
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

  /** The position up to which a subscription has surely taken effect. */
  async position(subscription: string): Promise<number> {
    const stored = (await this.view()).progress.get(subscription);
    const local = this.#local.get(subscription);
    if (local === undefined) return stored?.position ?? 0;
    // Without a stored row of its fences, it has taken over since the last look.
    return local.fences === stored?.fences ? Math.max(local.position, stored.position) : local.position;
  }

  /** The stored checkpoints and the head, at most 20 ms old. */
  view(): Promise<BoardView> {
    if (Date.now() - this.#readAt < FRESH_MS) return Promise.resolve(this.#view);
    return (this.#reading ??= this.#read().finally(() => (this.#reading = undefined)));
  }

  async #read(): Promise<BoardView> {
    const startedAt = Date.now();
    this.#view = await readAllCheckpoints(this.pools.query);
    this.#readAt = startedAt;
    for (const [subscription, { fences, since, onLost }] of this.#local) {
      if (since >= startedAt || this.#view.progress.get(subscription)?.fences === fences) continue;
      this.#local.delete(subscription);
      onLost();
    }
    return this.#view;
  }
}
