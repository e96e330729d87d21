import { Inject, Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogEpoch } from '../event-log/epoch.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { LogTail } from '../event-log/log-tail.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { EventRegistry } from '../messages/event-registry.js';
import { newId } from '../messages/ids.js';
import { SubscriptionProgress } from './subscription-progress.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeaseRow } from './sql/leases.js';
import { runOf } from './run-of.js';
import type { Subscriber } from './subscriber.js';
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
    private readonly progress: SubscriptionProgress,
    private readonly catalog: SubscriptionCatalog,
    private readonly registry: EventRegistry,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** @throws ProjectionOutdated when a view must be rebuilt first. */
  async start(): Promise<void> {
    await this.epoch.open();
    const subscribers = await this.catalog.register();
    this.epoch.onChange(() => this.#epochChanged());
    const keeper = this.#leaseKeeper(this.options.runSubscriptions ? subscribers : [], subscribers);
    await keeper.announce();
    await this.catalog.registerEvents(subscribers);
    if (!this.options.runSubscriptions) {
      this.notifier.startNotifying();
      await (this.#keeper = keeper).start();
      return;
    }
    const { pools, tail, registry, progress, replica } = this;
    const through = { pools, tail, registry, progress, replica };
    this.#workers = subscribers.map((subscriber) => new SubscriptionWorker(subscriber, through));
    this.notifier.onLeasesChanged = () => void this.#keeper?.keep();
    tail.onRewound = () => this.#lose();
    tail.start();
    await this.notifier.start();
    await (this.#keeper = keeper).start();
    await this.notifier.notifyLeasesChanged();
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

  /**
   * For a stop whose time is over: hands the partitions over although batches are under way. The next owner raises their
   * fences, so that they can't commit.
   */
  async abandon(): Promise<void> {
    await this.#handOver();
    await this.notifier.stop();
  }

  /** Leases given up for another replica's fair share are announced, so that it needn't wait for its next renewal. */
  #lease(leases: readonly LeaseRow[]): void {
    for (const worker of this.#workers) worker.lease(leases);
    const names = this.#workers.flatMap((worker) => worker.names ?? []);
    this.tail.needs(leases.length === 0 ? undefined : [...new Set(names)].toSorted());
    const gaveUp = leases.length < this.#leased;
    this.#leased = leases.length;
    if (gaveUp) this.notifier.notifyLeasesChanged().catch(() => undefined);
  }

  #leaseKeeper(runs: readonly Subscriber[], knows: readonly Subscriber[]): LeaseKeeper {
    return new LeaseKeeper(
      this.pools,
      {
        replica: this.replica,
        runs: runs.map(runOf),
        knows: [...knows.map(runOf), ...this.catalog.inlineRuns()],
        leaseMs: this.options.leaseMs,
        beforeEach: () => this.catalog.registerAgain(runs, this.replica),
      },
      (leases) => this.#lease(leases),
    );
  }

  /** Nothing that was read before may take effect: fences, positions and events are read again. */
  #lose(): void {
    for (const worker of this.#workers) worker.lose();
  }

  #epochChanged(): void {
    this.#lose();
    this.catalog
      .markDiverged()
      .catch((error: unknown) =>
        this.#logger.error(`The checkpoints could not be compared with the log. ${String(error)}`),
      );
  }

  async #handOver(): Promise<void> {
    if (this.#keeper === undefined) return;
    try {
      await this.#keeper.release();
      await this.notifier.notifyLeasesChanged();
    } catch (error) {
      this.#logger.warn(
        `The leases could not be released. Other replicas acquire them when they end. ${String(error)}`,
      );
    }
    this.#keeper = undefined;
  }
}
