import { Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { newId } from '../messages/ids.js';
import { beginEpoch, clusterIdentity, currentEpoch, type ClusterIdentity, type EpochRow } from './sql/current-epoch.js';
import type { Queryable } from './sql/queryable.js';

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
    this.#epoch = isOf(stored, cluster) ? stored.epoch : await this.#begin(cluster);
    return this.#epoch;
  }

  /** Replicas start at once, and must agree: the first one begins the epoch, the others find it. */
  async #begin(cluster: ClusterIdentity): Promise<string> {
    const client = await this.pools.worker.connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE kernel.epochs IN SHARE ROW EXCLUSIVE MODE');
      const stored = await currentEpoch(client);
      const epoch = isOf(stored, cluster) ? stored.epoch : newId();
      if (epoch !== stored?.epoch) await this.#insert(client, { epoch, cluster, isFirst: stored === undefined });
      await client.query('COMMIT');
      client.release();
      return epoch;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #insert(tx: Queryable, of: { epoch: string; cluster: ClusterIdentity; isFirst: boolean }): Promise<void> {
    const { system_identifier, timeline } = of.cluster;
    const reason = of.isFirst ? 'first start' : 'other cluster or timeline';
    await beginEpoch(tx, { epoch: of.epoch, system_identifier, timeline, reason });
    if (of.isFirst) return;
    this.#logger.error(
      'This database was restored or failed over since the last start (another cluster or timeline). A new log epoch begins: ' +
        'tokens given before are answered as of an unknown epoch, and acknowledged commands may be missing. Compare with what clients and other systems hold.',
    );
  }
}

function isOf(stored: EpochRow | undefined, cluster: ClusterIdentity): stored is EpochRow {
  return stored?.system_identifier === cluster.system_identifier && stored.timeline === cluster.timeline;
}
