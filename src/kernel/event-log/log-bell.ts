import { Injectable } from '@nestjs/common';

/**
 * Wakes the readers of this process after a commit. Coalesced: however many commits ring within one turn, a reader
 * looks once. A lost ring costs latency, never progress, because readers poll as well.
 */
@Injectable()
export class LogBell {
  readonly #listeners = new Set<() => void>();
  #scheduled = false;

  ring(): void {
    if (this.#scheduled || this.#listeners.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** @returns the function that stops listening. */
  onRing(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
