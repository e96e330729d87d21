import { Inject, Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogEpoch } from '../event-log/epoch.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { LogTail } from '../event-log/log-tail.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { EventRegistry } from '../messages/event-registry.js';
import { newId } from '../messages/ids.js';
import { CheckpointBoard } from './checkpoint-board.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeaseRow } from './sql/leases.js';
import { SubscriptionCatalog } from './subscription-catalog.js';
import { SubscriptionWorker } from './subscription-worker.js';

/** Starts and stops everything that reads the log in this process. */
@Injectable()
export class SubscriptionEngine {
  readonly #logger = new Logger('Subscriptions');
  /** This process among the replicas, new with each start. */
  readonly replica = newId();
  #workers: readonly SubscriptionWorker[] = [];
  #keeper: LeaseKeeper | undefined;
  #leased = 0;

  constructor(
    private readonly pools: Pools,
    private readonly epoch: LogEpoch,
    private readonly tail: LogTail,
    private readonly notifier: LogNotifier,
    private readonly board: CheckpointBoard,
    private readonly catalog: SubscriptionCatalog,
    private readonly registry: EventRegistry,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** @throws ProjectionOutdated when a view must be rebuilt first. */
  async start(): Promise<void> {
    const epoch = await this.epoch.open();
    const subscribers = await this.catalog.register(epoch);
    if (!this.options.runSubscriptions) {
      this.notifier.startTelling();
      return;
    }
    const through = { pools: this.pools, tail: this.tail, registry: this.registry, board: this.board };
    this.#workers = subscribers.map((subscriber) => new SubscriptionWorker(subscriber, through));
    this.#keeper = new LeaseKeeper(
      this.pools,
      {
        replica: this.replica,
        runs: subscribers.map(({ name, version }) => `${name}@${version}`),
        leaseMs: this.options.leaseMs,
      },
      (leases) => this.#lease(leases),
    );
    this.notifier.onLeasesChanged = () => void this.#keeper?.keep();
    this.tail.start();
    await this.notifier.start();
    await this.#keeper.start();
    await this.notifier.tellLeasesChanged();
    for (const worker of this.#workers) worker.start();
  }

  /** Ends after the batches under way, with checkpoints stored, and hands the partitions over at once. */
  async stop(): Promise<void> {
    this.#keeper?.stopRenewing();
    const stopping = this.#workers.map((worker) => worker.stop());
    await this.tail.stop();
    await Promise.all(stopping);
    await this.#handOver();
    await this.notifier.stop();
    this.#workers = [];
  }

  /** Leases given up for another replica's fair share are announced, so that it needn't wait for its next look. */
  #lease(leases: readonly LeaseRow[]): void {
    for (const worker of this.#workers) worker.lease(leases);
    const gaveUp = leases.length < this.#leased;
    this.#leased = leases.length;
    if (gaveUp) this.notifier.tellLeasesChanged().catch(() => undefined);
  }

  async #handOver(): Promise<void> {
    if (this.#keeper === undefined) return;
    try {
      await this.#keeper.release();
      await this.notifier.tellLeasesChanged();
    } catch (error) {
      this.#logger.warn(`The leases could not be given up; others take over when they end. ${String(error)}`);
    }
    this.#keeper = undefined;
  }
}
