import { Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { keepLeases, releaseLeases, type LeaseRow } from './sql/leases.js';

/** How long a lease outlives its last renewal. Must exceed the longest pause of a process that we accept; shorter means
 *  more work done twice in vain (never effects twice: the fence sees to that). */
export const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Without a renewal for this long the process stops its work by itself: its leases may be another's soon. */
const GIVE_UP_MS = 10_000;

/**
 * Keeps this process's share of all partitions. Leases are liveness only: who holds one works, but what makes a second
 * worker harmless is the fence beside the effects. Everything is decided by the database's clock, in one call.
 */
export class LeaseKeeper {
  readonly #logger = new Logger('Subscriptions');
  #timer: NodeJS.Timeout | undefined;
  #keeping: Promise<void> | undefined;
  #again = false;
  #renewedAt = 0;
  #stopped = false;

  constructor(
    private readonly pools: Pools,
    private readonly replica: string,
    /** What its code has, as `name@version`. */
    private readonly runs: readonly string[],
    /** Told the leases whenever they were looked at; an empty list means: stop working. */
    private readonly onLeases: (leases: readonly LeaseRow[]) => void,
  ) {}

  async start(): Promise<void> {
    await this.keep();
    this.#timer = setInterval(() => void this.keep(), RENEW_MS);
  }

  /** Looks now: at start, when another replica has gone, or when partitions were split. */
  keep(): Promise<void> {
    if (this.#keeping !== undefined) this.#again = true;
    return (this.#keeping ??= this.#keepUntilQuiet().finally(() => (this.#keeping = undefined)));
  }

  stopRenewing(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Gives everything up at once, so that others take over without waiting for the leases to end. */
  async release(): Promise<void> {
    this.stopRenewing();
    await this.#keeping;
    await releaseLeases(this.pools.worker, this.replica);
  }

  /** A wish to look that comes during a look may be about something newer: look again. */
  async #keepUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      await this.#keep();
    } while (this.#again);
  }

  async #keep(): Promise<void> {
    if (this.#stopped) return;
    const askedAt = Date.now();
    try {
      const leases = await keepLeases(this.pools.worker, {
        replica: this.replica,
        runs: this.runs,
        leaseMs: LEASE_MS,
      });
      this.#renewedAt = askedAt;
      if (!this.#stopped) this.onLeases(leases);
    } catch (error) {
      this.#logger.warn(`The leases could not be renewed; trying again. ${String(error)}`);
      if (Date.now() - this.#renewedAt > GIVE_UP_MS) this.onLeases([]);
    }
  }
}
