import { Injectable } from '@nestjs/common';
import { messageContext } from '../messages/message-context.js';
import { Pools } from '../database/pools.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import { Pause } from '../pause.js';
import { endedAmong } from './sql/operations.js';

/** Who waits beyond these is answered at once: a wait is a courtesy, and each costs memory and a connection of the client. */
const MAX_WAITING = 500;
const READ_EVERY_MS = 100;

type Wake = () => void;

/**
 * Waits for operations to end. However many wait, the database is read once for all of them, ten times a second, and
 * at once when a stored command ends in this process. Nothing runs while no request waits.
 */
@Injectable()
export class OperationWaits {
  readonly #waiting = new Map<string, Set<Wake>>();
  #count = 0;
  #isEnding = false;
  #isReading = false;
  readonly #pause = new Pause();

  constructor(
    private readonly pools: Pools,
    signal: CommitSignal,
  ) {
    signal.onWork('commands', () => this.#pause.end());
  }

  /** Those waiting now. */
  get count(): number {
    return this.#count;
  }

  /** Resolves when the operation has ended, after so many ms, when the caller has gone, or at once if too many wait. */
  async until(id: string, ms: number, gone: AbortSignal): Promise<void> {
    if (this.#isEnding || gone.aborted || this.#count >= MAX_WAITING) return;
    this.#count += 1;
    try {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, ms);
        const forget = this.#add(id, wake);
        gone.addEventListener('abort', wake);
        function wake(): void {
          clearTimeout(timer);
          gone.removeEventListener('abort', wake);
          forget();
          resolve();
        }
      });
    } finally {
      this.#count -= 1;
    }
  }

  /** Ends all waits, and lets none begin from now on: the process is about to stop. */
  end(): void {
    this.#isEnding = true;
    for (const wakes of this.#waiting.values()) this.#wake(wakes);
    this.#pause.end();
  }

  #add(id: string, wake: Wake): () => void {
    const wakes = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, wakes.add(wake));
    if (!this.#isReading) void messageContext.asSystem(() => this.#read());
    return () => {
      wakes.delete(wake);
      if (wakes.size === 0 && this.#waiting.get(id) === wakes) this.#waiting.delete(id);
    };
  }

  #wake(wakes: ReadonlySet<Wake> | undefined): void {
    for (const wake of wakes ?? []) wake();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.size > 0) {
      await this.#pause.atMost(READ_EVERY_MS);
      // An outage ends nothing: whoever waits goes on, and is answered in the end as any other read is.
      const ended = await endedAmong(this.pools.app, [...this.#waiting.keys()]).catch(() => []);
      for (const id of ended) this.#wake(this.#waiting.get(id));
    }
    this.#isReading = false;
  }
}
