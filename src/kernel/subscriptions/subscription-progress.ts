import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import type { FailedEventCounts } from '../messages/message-context.js';
import { messageContext } from '../messages/message-context.js';
import { partitionOf } from './partition-of.js';
import { readCheckpoints, type AllProgress, type Progress } from './sql/checkpoints.js';
import { countFailedEvents } from './sql/failed-event-counts.js';

const NOTHING: ReadonlyMap<string, FailedEventCounts> = new Map();
/** How old a read of the checkpoints may be: all readers of a process share one read per interval. */
const FRESH_MS = 20;
/** A subscription that was asked for is read with the others for so long: its readers come in bursts. */
const ASKED_MS = 1_000;

export interface ProgressView extends AllProgress {
  /** What subscriptions hold back; those with nothing are left out. */
  readonly failed: ReadonlyMap<string, FailedEventCounts>;
}

/** What a worker of this process knows before the database does: it may have passed events that had no effect. */
export interface LocalProgress extends Progress {
  /** Called when the stored fences are others: another worker has taken over, or a rebuild has started anew. */
  readonly onLost: () => void;
}

/**
 * What is known in this process of how far each subscription has come. Workers of this process write their progress
 * here at once; the progress of other replicas is read from the database, at most every 20 ms for all who ask, and only of
 * the subscriptions that are asked for. Local progress is trusted only while the stored fences match; otherwise a rebuilt,
 * empty view would count as current.
 */
@Injectable()
export class SubscriptionProgress {
  readonly #local = new Map<string, LocalProgress & { readonly since: number }>();
  readonly #listeners = new Set<() => void>();
  #view: ProgressView = {
    head: 0,
    epoch: null,
    progress: new Map(),
    hasFailedEvents: false,
    rebuildTo: new Map(),
    failed: NOTHING,
  };
  /** What the view covers. */
  #shownNames: ReadonlySet<string> = new Set();
  #readAt = -Infinity;
  #turn = 0;
  #shown = 0;
  /** When each subscription was asked for last. */
  readonly #asked = new Map<string, number>();
  #reading: Promise<unknown> | undefined;
  #next: Promise<ProgressView> | undefined;

  constructor(private readonly pools: Pools) {}

  reached(subscription: string, progress: LocalProgress): void {
    const known = this.#local.get(subscription);
    const since = known?.fences === progress.fences ? known.since : performance.now();
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

  /** A worker of this process has stored failed events: whoever reads from now on must see them. */
  failedEventsChanged(): void {
    this.#turn += 1;
    this.#readAt = -Infinity;
    this.#reading = undefined;
  }

  /** The position up to which a subscription has surely taken effect, but for what it holds; of all keys, or of one. */
  async position(subscription: string, key?: string): Promise<number> {
    const stored = (await this.view([subscription])).progress.get(subscription);
    const local = this.#local.get(subscription);
    if (local === undefined) return stored === undefined ? 0 : positionOf(stored, key);
    // Without a stored row of its fences, it has taken over since the last read.
    const isSame = local.fences === stored?.fences;
    return isSame ? Math.max(positionOf(local, key), positionOf(stored, key)) : positionOf(local, key);
  }

  /** The head, and the stored checkpoints of some subscriptions, at most 20 ms old. Callers during a read that
   *  doesn't cover their subscriptions share the next one. */
  view(subscriptions: readonly string[]): Promise<ProgressView> {
    const now = performance.now();
    const isCovered = subscriptions.every((name) => this.#shownNames.has(name));
    if (isCovered && now - this.#readAt < FRESH_MS) return Promise.resolve(this.#view);
    return this.latest(subscriptions);
  }

  /** As `view`, by a read that begins from here on: it has what is committed by now. */
  latest(subscriptions: readonly string[]): Promise<ProgressView> {
    for (const name of subscriptions) this.#asked.set(name, performance.now());
    return (this.#next ??= this.#readNext());
  }

  async #readNext(): Promise<ProgressView> {
    await this.#reading?.catch(() => undefined);
    // A caller from here on gets the read after this one.
    this.#next = undefined;
    const reading = messageContext.asSystem(() => this.#read());
    this.#reading = reading;
    return reading;
  }

  async #read(): Promise<ProgressView> {
    const startedAt = performance.now();
    const turn = ++this.#turn;
    for (const [name, askedAt] of this.#asked) if (startedAt - askedAt > ASKED_MS) this.#asked.delete(name);
    const names = new Set(this.#asked.keys());
    const stored = await readCheckpoints(this.pools.query, [...names]);
    const failed = stored.hasFailedEvents ? await countFailedEvents(this.pools.query, [...names]) : NOTHING;
    const view = { ...stored, failed };
    // Workers have stored failed events since this read began, and a later read has ended before it.
    if (turn < this.#shown) return view;
    this.#shown = turn;
    this.#view = view;
    this.#shownNames = names;
    if (turn === this.#turn) this.#readAt = startedAt;
    this.#dropLost(names, startedAt);
    return view;
  }

  #dropLost(names: ReadonlySet<string>, startedAt: number): void {
    for (const [subscription, { fences, since, onLost }] of this.#local) {
      if (!names.has(subscription) || since >= startedAt) continue;
      if (this.#view.progress.get(subscription)?.fences === fences) continue;
      this.#local.delete(subscription);
      onLost();
    }
  }
}

function positionOf({ position, positions }: Progress, key: string | undefined): number {
  return key === undefined ? position : (positions[partitionOf(key, positions.length)] ?? position);
}
