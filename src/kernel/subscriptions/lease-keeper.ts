import { Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { failpoint } from '../failpoints.js';
import { announceReplica, keepLeases, releaseLeases, type LeaseRow } from './sql/leases.js';

/** Renewals per lease: one may fail, and the next one is still in time. */
const RENEWALS = 3;

/**
 * Keeps this process's share of all partitions. Leases are liveness only: who holds one works, but what makes a second
 * worker harmless is the fence beside the effects. Everything is decided by the database's clock, in one call.
 */
export class LeaseKeeper {
  readonly #logger = new Logger('Subscriptions');
  #timer: NodeJS.Timeout | undefined;
  #keeping: Promise<void> | undefined;
  #again = false;
  #renewedAt = -Infinity;
  #stopped = false;

  constructor(
    private readonly pools: Pools,
    private readonly of: {
      readonly replica: string;
      /** The subscriptions that it runs, as `runOf` returns them; none in a process that only serves requests. */
      readonly runs: readonly string[];
      /** What its code has, whether it works on it or not. */
      readonly knows: readonly string[];
      /** How long a lease outlives its last renewal. */
      readonly leaseMs: number;
      /** Called before each renewal. */
      readonly beforeEach: () => Promise<void>;
    },
    /** Called with the leases after each renewal; an empty list means: stop working. */
    private readonly onLeases: (leases: readonly LeaseRow[]) => void,
  ) {}

  /** Before anything is registered for this process: it counts as alive from here on, for the length of a lease. */
  announce(): Promise<void> {
    return announceReplica(this.pools.control, this.of);
  }

  async start(): Promise<void> {
    await this.keep();
    this.#timer = setInterval(() => void this.keep(), this.of.leaseMs / RENEWALS);
  }

  /** Renews now: at start, when another replica has gone, or when a subscription was paused or resumed. */
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
    await releaseLeases(this.pools.control, this.of.replica);
  }

  /** A request to read that comes during a read may be about something newer: read again. */
  async #keepUntilQuiet(): Promise<void> {
    do {
      this.#again = false;
      await this.#keep();
    } while (this.#again);
  }

  async #keep(): Promise<void> {
    if (this.#stopped) return;
    const askedAt = performance.now();
    try {
      await failpoint('lease.before-renew');
      await this.of.beforeEach();
      const leases = await keepLeases(this.pools.control, this.of);
      await failpoint('lease.after-acquire');
      this.#renewedAt = askedAt;
      if (!this.#stopped) this.onLeases(leases);
    } catch (error) {
      this.#logger.warn(`The leases could not be renewed. Retrying. ${String(error)}`);
      // Before the lease can be another's, its work stops by itself.
      if (performance.now() - this.#renewedAt > (this.of.leaseMs * 2) / RENEWALS) this.onLeases([]);
    }
  }
}
