import { Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { forgetOldKeys } from './idempotency.js';

/** As long as clients may repeat a request under its key (04 §3). */
const RETENTION_DAYS = 7;
const EVERY_MS = 10 * 60 * 1_000;
/** Keys per statement: short transactions, so that nothing waits behind them. */
const BATCH = 5_000;

/** Forgets answers whose keys are older than the retention, in processes that run subscriptions. */
@Injectable()
export class KeyRetention {
  readonly #logger = new Logger(KeyRetention.name);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(private readonly pools: Pools) {}

  start(): void {
    this.#timer = setInterval(() => void this.#once(), EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  #once(): Promise<void> {
    return (this.#running ??= this.forget()
      .catch((error: unknown) =>
        this.#logger.warn(`Old idempotency keys stay for now; trying again later. ${String(error)}`),
      )
      .finally(() => (this.#running = undefined)));
  }

  /** Deletes all that is due, batch by batch. */
  async forget(): Promise<void> {
    while (!this.#stopping && (await forgetOldKeys(this.pools.worker, RETENTION_DAYS, BATCH)) === BATCH);
  }
}
