import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { readAllCheckpoints } from './sql/checkpoints.js';

/** How old a look at the checkpoints may be: all readers of a process share one look per interval. */
const FRESH_MS = 20;

export interface BoardView {
  readonly head: number;
  readonly positions: ReadonlyMap<string, number>;
}

/**
 * What is known in this process of how far each subscription has come. Workers of this process write their progress
 * here at once; the progress of other replicas is read from the database, at most every 20 ms for all who ask.
 */
@Injectable()
export class CheckpointBoard {
  readonly #local = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #view: BoardView = { head: 0, positions: new Map() };
  #readAt = 0;
  #reading: Promise<BoardView> | undefined;

  constructor(private readonly pools: Pools) {}

  reached(subscription: string, position: number): void {
    this.#local.set(subscription, position);
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
    const view = await this.view();
    return Math.max(this.#local.get(subscription) ?? 0, view.positions.get(subscription) ?? 0);
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
    return this.#view;
  }
}
