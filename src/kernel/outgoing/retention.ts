import { Inject, Injectable, Logger } from '@nestjs/common';
import { forgetOldKeys } from '../idempotency/idempotency.js';
import { Pools } from '../database/pools.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { forgetOperations, cancelDeadLetters } from './sql/forget-operations.js';
import { forgetAudit, forgetCommands, forgetEffects, forgetSystemKeys } from './sql/forget-work.js';

/** As long as clients may repeat a request under its key, and ask what became of it. */
const RETENTION_DAYS = 7;
const EVERY_MS = 10 * 60 * 1_000;
/** Rows per statement: short transactions, so that nothing waits behind them. */
const BATCH = 5_000;

/** Deletes or ends at most one batch of what is older than so many days; returns how many. */
type Step = (on: Queryable, days: number, batchSize: number) => Promise<number>;

/**
 * Forgets what clients may no longer ask about, in processes that run subscriptions: answers under old keys, operations
 * that ended long ago. Operations dead-lettered for as long are given up first, because their content may be personal. And, where
 * the configuration sets a number of days, what only identifies repeats of old work, and old entries of the audit.
 */
@Injectable()
export class Retention {
  readonly #logger = new Logger(Retention.name);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(
    private readonly pools: Pools,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

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
      .catch((error: unknown) => this.#logger.warn(`Old rows could not be deleted. Retrying later. ${String(error)}`))
      .finally(() => (this.#running = undefined)));
  }

  /** Does all that is due, batch by batch. Operations before keys: one is never shown without its answer. */
  async forget(): Promise<void> {
    const { workDays, auditDays } = this.options.retention;
    await this.#take([cancelDeadLetters, forgetOperations, forgetOldKeys], RETENTION_DAYS);
    if (workDays > 0) await this.#take([forgetCommands, forgetSystemKeys, forgetEffects], workDays);
    if (auditDays > 0) await this.#take([forgetAudit], auditDays);
  }

  async #take(steps: readonly Step[], days: number): Promise<void> {
    for (const step of steps) while (!this.#stopping && (await step(this.pools.worker, days, BATCH)) === BATCH);
  }
}
