import { Injectable } from '@nestjs/common';

/**
 * Wakes what works on committed things in this process: readers of the log, carriers of effects. Coalesced: however many
 * commits ring within one turn, each looks once. A lost ring costs latency, never progress, because all of them poll.
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
