import { Inject, Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { sequence } from '../event-log/sql/sequence.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { AsyncProjection } from '../projections/async-projection.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { EventHandlers } from './event-handlers.js';
import { createCheckpoints, furthestCheckpoints } from './sql/checkpoints.js';
import { eventAt, isLogEvent } from './sql/log-events.js';
import { markDiverged, readSubscriptions, registerSubscription } from './sql/subscription-status.js';
import type { Subscriber } from './subscriber.js';

/** A view was filled by another version of its projection's code. */
export class ProjectionOutdated extends Error {
  readonly code = 'projection-outdated';
}

const SEQUENCE_BATCH = 500;

/** Everything that takes effect from the log, with its row and checkpoints in the database. */
@Injectable()
export class SubscriptionCatalog {
  readonly #logger = new Logger('Subscriptions');
  #declared: readonly Subscriber[] | undefined;

  constructor(
    private readonly pools: Pools,
    private readonly projections: ProjectionRegistry,
    private readonly handlers: EventHandlers,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /**
   * Makes rows and checkpoints for what is new, and checks what is known.
   * @returns the subscribers that may run. One whose checkpoints are of another log gets no leases until it is rebuilt.
   * @throws ProjectionOutdated
   */
  async register(epoch: string): Promise<Subscriber[]> {
    const subscribers = this.declared();
    const inline = this.projections.all().filter(({ mode }) => mode === 'inline');
    const known = [
      ...subscribers,
      ...inline.map(({ name, version, partitions }) => ({ name, version, partitions, kind: 'inline' as const })),
    ];
    assertNamesDiffer(known);
    for (const { name, version, kind, partitions } of known)
      await registerSubscription(this.pools.worker, { name, version, kind, partitions });
    for (const subscriber of subscribers) await this.#createCheckpoints(subscriber, epoch);
    const outdated = new Set(await this.#outdated());
    await this.#markDiverged();
    return subscribers.filter(({ name }) => !outdated.has(name));
  }

  /** What the code of this process subscribes, whether it runs here or not. Complete once the application is built. */
  declared(): readonly Subscriber[] {
    this.#declared ??= [
      ...this.projections.async().map((projection) => new AsyncProjection(projection)),
      ...this.handlers.all(),
    ];
    return this.#declared;
  }

  async #createCheckpoints({ name, startFrom }: Subscriber, epoch: string): Promise<void> {
    const start = startFrom === 'beginning' ? { position: 0, eventId: 0 } : await this.#head();
    await createCheckpoints(this.pools.worker, { subscription: name, epoch, ...start });
  }

  async #head(): Promise<{ position: number; eventId: number }> {
    for (;;) {
      const { head, assigned } = await sequence(this.pools.worker, SEQUENCE_BATCH);
      if (assigned < SEQUENCE_BATCH) return { position: head, eventId: (await eventAt(this.pools.worker, head)) ?? 0 };
    }
  }

  /** Views that another version of their code has filled: they stop the start, or, for the rebuild itself, are left alone. */
  async #outdated(): Promise<string[]> {
    const stored = new Map((await readSubscriptions(this.pools.worker)).map((row) => [row.name, row]));
    const outdated = this.projections.all().flatMap(({ name, version, mode }) => {
      const is = `${mode} at version ${version}`;
      const was = `${stored.get(name)?.kind} at version ${stored.get(name)?.version}`;
      return is === was ? [] : [{ name, is, was }];
    });
    if (outdated.length > 0 && !this.options.toleratesOutdatedViews) {
      throw new ProjectionOutdated(outdated.map(describeOutdated).join('\n'));
    }
    return outdated.map(({ name }) => name);
  }

  /** Stops subscriptions that have seen events which this log doesn't hold. */
  async #markDiverged(): Promise<void> {
    for (const { subscription, position, event_id } of await furthestCheckpoints(this.pools.worker)) {
      if (position === 0 || (await isLogEvent(this.pools.worker, { position, event_id }))) continue;
      await markDiverged(this.pools.worker, subscription);
      this.#logger.error(
        `${subscription} has seen position ${position}, which this log doesn't hold: the database was restored or failed over. ` +
          `It stands still until you run: npm run waybill -- rebuild ${subscription}`,
      );
    }
  }
}

function describeOutdated({ name, is, was }: { name: string; is: string; was: string }): string {
  return `${name} is ${is}, but its view was filled ${was}. Its rows can't be mixed. Run: npm run waybill -- rebuild ${name}`;
}

function assertNamesDiffer(known: readonly { name: string }[]): void {
  const names = known.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new Error(`Two subscriptions are called ${twice}. The name is the checkpoint: give one of them another.`);
}
