import { Logger } from '@nestjs/common';
import { errorText } from './messages/error-text.js';
import { Pause } from './pause.js';

/** The rest after a turn whose failure could not be handled either. */
const UNHANDLED_REST_MS = 1_000;

/**
 * Runs turns one after the other until it is stopped, with a rest between them that `wake` ends early. A wake during a turn
 * takes the place of the rest after it: what it announces may have come too late for that turn.
 */
export class PollingLoop {
  readonly #logger = new Logger('PollingLoop');
  readonly #pause = new Pause();
  #isWoken = false;
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly does: {
      /** One turn. @returns how long to rest after it, in ms: 0 when there may be more to do at once. */
      readonly turn: () => Promise<number>;
      /** A turn has failed; not called for one that was stopped meanwhile. @returns how long to rest, in ms. */
      readonly failed: (error: unknown) => number | Promise<number>;
    },
  ) {}

  /** The turn under way should come to an end. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** The first turn begins within this call. May be called more than once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** The next turn begins now, or when the one under way has ended. */
  readonly wake = (): void => {
    this.#isWoken = true;
    this.#pause.end();
  };

  /** Begins no further turn; resolves when the one under way has ended. May be called more than once. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#pause.end();
    await this.#running;
  }

  /** Rests within a turn: for so many ms, or until it is woken or stopped, or `until` resolves. */
  async rest(ms: number, until?: Promise<void>): Promise<void> {
    if (this.#isWoken || this.#isStopping || ms <= 0) return;
    const pause = this.#pause.atMost(ms);
    if (until === undefined) return pause;
    await Promise.race([pause, until]);
    this.#pause.end();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false;
      await this.rest(await this.#turn());
    }
  }

  async #turn(): Promise<number> {
    try {
      return await this.does.turn();
    } catch (error) {
      return this.#isStopping ? 0 : this.#failed(error);
    }
  }
  /** A loop goes on, whatever its handler of failures does: nothing else would start it again. */
  async #failed(error: unknown): Promise<number> {
    try {
      return await this.does.failed(error);
    } catch (unhandled) {
      this.#logger.error(
        `A failed turn could not be handled: ${errorText(unhandled)}. It had failed with: ${errorText(error)}`,
      );
      return UNHANDLED_REST_MS;
    }
  }
}
