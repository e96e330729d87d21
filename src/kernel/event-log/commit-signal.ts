import { Injectable } from '@nestjs/common';

/** What workers wait for besides events. */
export const works = ['commands', 'effects'] as const;
export type Work = (typeof works)[number];
type Listener = (work: ReadonlySet<Work>) => void;

/**
 * Wakes the workers of this process that follow commits: readers of the log, effect queues. Coalesced: however many
 * commits signal within one turn, each reads once. A lost signal costs latency, never progress, because all of them poll.
 */
@Injectable()
export class CommitSignal {
  readonly #listeners = new Set<Listener>();
  #work: Set<Work> | undefined;

  /** @param work what was committed besides events; all of it where that isn't known. */
  emit(work: Iterable<Work>): void {
    if (this.#listeners.size === 0) return;
    if (this.#work === undefined) setImmediate(() => this.#notify());
    this.#work = new Set([...(this.#work ?? []), ...work]);
  }

  /** @returns the function that stops listening. */
  onCommit(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As `onCommit`, for listeners that only one kind of work concerns. */
  onWork(kind: Work, listener: () => void): () => void {
    return this.onCommit((work) => {
      if (work.has(kind)) listener();
    });
  }

  #notify(): void {
    const work = this.#work!;
    this.#work = undefined;
    for (const listener of this.#listeners) listener(work);
  }
}
