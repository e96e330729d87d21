import { Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { newId } from '../messages/ids.js';
import { clusterIdentity, currentEpoch } from './sql/current-epoch.js';

/**
 * Tells one life of the log from the next. A restored or failed-over database gives known positions to other events;
 * tokens and checkpoints of the earlier life must not be taken for this one's. The epoch is compared with the
 * cluster's identity and timeline at start.
 */
@Injectable()
export class LogEpoch {
  readonly #logger = new Logger('EventLog');
  #epoch: string | undefined;

  constructor(private readonly pools: Pools) {}

  /** @throws Error before the start has looked. */
  get current(): string {
    if (this.#epoch === undefined) throw new Error('The log epoch is not known yet: it is read at start.');
    return this.#epoch;
  }

  /** Reads the epoch, or begins a new one when this isn't the cluster or timeline of the stored one. */
  async open(): Promise<string> {
    const [stored, cluster] = await Promise.all([currentEpoch(this.pools.worker), clusterIdentity(this.pools.worker)]);
    const same = stored?.system_identifier === cluster.system_identifier && stored.timeline === cluster.timeline;
    if (stored !== undefined && same) return (this.#epoch = stored.epoch);
    if (stored !== undefined) {
      this.#logger.error(
        'This database was restored or failed over since the last start (another cluster or timeline). A new log epoch begins: ' +
          'tokens given before are answered as of an unknown epoch, and acknowledged commands may be missing. Compare with what clients and other systems hold.',
      );
    }
    this.#epoch = newId();
    await this.pools.worker.query({
      text: `INSERT INTO kernel.epochs (epoch, system_identifier, timeline, reason) VALUES ($1, $2, $3, $4)`,
      values: [
        this.#epoch,
        cluster.system_identifier,
        cluster.timeline,
        stored === undefined ? 'first start' : 'other cluster or timeline',
      ],
    });
    return this.#epoch;
  }
}
