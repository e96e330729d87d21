import { Injectable, Logger } from '@nestjs/common';
import { forgetOldKeys } from '../commands/idempotency.js';
import { Pools } from '../database/pools.js';
import { forgetOperations, giveUpParked } from './sql/forget-operations.js';

/** As long as clients may repeat a request under its key (04 §3), and ask what became of it. */
const RETENTION_DAYS = 7;
const EVERY_MS = 10 * 60 * 1_000;
/** Rows per statement: short transactions, so that nothing waits behind them. */
const BATCH = 5_000;

/**
 * Forgets what clients may no longer ask about, in processes that run subscriptions: answers under old keys, operations
 * that ended long ago. Operations parked for as long are given up first, because their content may be personal.
 */
@Injectable()
export class Retention {
  readonly #logger = new Logger(Retention.name);
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
      .catch((error: unknown) => this.#logger.warn(`Old keys stay for now; trying again later. ${String(error)}`))
      .finally(() => (this.#running = undefined)));
  }

  /** Does all that is due, batch by batch. Operations before keys: one is never shown without its answer. */
  async forget(): Promise<void> {
    for (const step of [giveUpParked, forgetOperations, forgetOldKeys])
      while (!this.#stopping && (await step(this.pools.worker, RETENTION_DAYS, BATCH)) === BATCH);
  }
}
