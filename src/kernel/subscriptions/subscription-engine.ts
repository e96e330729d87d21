import { Inject, Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogEpoch } from '../event-log/epoch.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { LogTail } from '../event-log/log-tail.js';
import { EventRegistry } from '../messages/event-registry.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { AsyncProjection } from '../projections/async-projection.js';
import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { CheckpointBoard } from './checkpoint-board.js';
import { createCheckpoint, readCheckpoint } from './sql/checkpoints.js';
import { isLogEvent } from './sql/is-log-event.js';
import { markDiverged, readSubscriptions, registerSubscription } from './sql/subscription-status.js';
import { SubscriptionWorker } from './subscription-worker.js';

/** A view was filled by another version of its projection's code. */
export class ProjectionOutdated extends Error {
  readonly code = 'projection-outdated';
}

/** Starts and stops everything that reads the log in this process. */
@Injectable()
export class SubscriptionEngine {
  readonly #logger = new Logger('Subscriptions');
  readonly #outdated = new Set<string>();
  #workers: readonly SubscriptionWorker[] = [];

  constructor(
    private readonly pools: Pools,
    private readonly epoch: LogEpoch,
    private readonly tail: LogTail,
    private readonly notifier: LogNotifier,
    private readonly board: CheckpointBoard,
    private readonly projections: ProjectionRegistry,
    private readonly registry: EventRegistry,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** @throws ProjectionOutdated when a view must be rebuilt first. */
  async start(): Promise<void> {
    const epoch = await this.epoch.open();
    await this.#register(epoch);
    if (!this.options.runSubscriptions) {
      this.notifier.startTelling();
      return;
    }
    const runnable = await this.#runnable();
    this.#workers = runnable.map(
      (projection) =>
        new SubscriptionWorker(new AsyncProjection(projection), {
          pools: this.pools,
          tail: this.tail,
          registry: this.registry,
          board: this.board,
        }),
    );
    this.tail.start();
    await this.notifier.start();
    for (const worker of this.#workers) worker.start();
  }

  /** Ends after the batches under way, with checkpoints stored. */
  async stop(): Promise<void> {
    const stopping = this.#workers.map((worker) => worker.stop());
    await this.tail.stop();
    await Promise.all(stopping);
    await this.notifier.stop();
    this.#workers = [];
  }

  async #register(epoch: string): Promise<void> {
    for (const { name, version, mode } of this.projections.all()) {
      await registerSubscription(this.pools.worker, { name, version, kind: mode });
      if (mode === 'async') await createCheckpoint(this.pools.worker, name, epoch);
    }
    const stored = new Map((await readSubscriptions(this.pools.worker)).map((row) => [row.name, row]));
    for (const projection of this.projections.all()) {
      const version = stored.get(projection.name)?.version;
      if (version === projection.version) continue;
      if (!this.options.toleratesOutdatedViews) throw outdated(projection, version);
      this.#outdated.add(projection.name);
    }
  }

  /** Async projections whose checkpoint is of this log. */
  async #runnable(): Promise<ProjectionDefinition[]> {
    const runnable: ProjectionDefinition[] = [];
    for (const projection of this.projections.async().filter(({ name }) => !this.#outdated.has(name))) {
      const checkpoint = await readCheckpoint(this.pools.worker, projection.name);
      if (checkpoint === undefined || checkpoint.position === 0 || (await isLogEvent(this.pools.worker, checkpoint))) {
        runnable.push(projection);
        continue;
      }
      await markDiverged(this.pools.worker, projection.name);
      this.#logger.error(
        `${projection.name} has seen position ${checkpoint.position}, which this log doesn't hold: the database was restored or failed over. ` +
          `It stands still until you run: npm run waybill -- rebuild ${projection.name}`,
      );
    }
    return runnable;
  }
}

function outdated(projection: ProjectionDefinition, stored: number | undefined): ProjectionOutdated {
  return new ProjectionOutdated(
    `${projection.name} is at version ${projection.version}, but its view was filled by version ${stored}. ` +
      `Its rows can't be mixed. Run: npm run waybill -- rebuild ${projection.name}`,
  );
}
