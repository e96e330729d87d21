import { Inject, Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { AsyncProjection } from '../projections/async-projection.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { endOfLog } from './end-of-log.js';
import { EventHandlers } from './event-handlers.js';
import { createCheckpoints, furthestCheckpoints } from './sql/checkpoints.js';
import { isLogEvent } from './sql/log-events.js';
import {
  addInterest,
  markDiverged,
  readInterest,
  readSubscriptions,
  registerSubscription,
  type DeclaredInterest,
} from './sql/subscription-status.js';
import { restartAdvice } from './restart.js';
import type { Subscriber } from './subscriber.js';

/** A view was filled by another version of its projection's code. */
export class ProjectionOutdated extends Error {
  readonly code = 'projection-outdated';
}

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
   * @returns the subscribers that may run. One whose checkpoints are of another log gets no leases until it is rebuilt or restarted.
   * @throws ProjectionOutdated
   */
  async register(epoch: string): Promise<Subscriber[]> {
    const subscribers = this.declared();
    const inline = this.projections.all().filter(({ mode }) => mode === 'inline');
    const known = [
      ...subscribers.map((subscriber) => ({ ...interestOf(subscriber), kind: subscriber.kind })),
      ...inline.map((projection) => ({ ...interestOf(projection), kind: 'inline' as const })),
    ];
    assertNamesDiffer(known);
    for (const one of known) await registerSubscription(this.pools.worker, one);
    for (const subscriber of subscribers) {
      await this.#createCheckpoints(subscriber, epoch);
      await this.#declareInterest(interestOf(subscriber));
    }
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
    const start = startFrom === 'beginning' ? { position: 0, eventId: 0 } : await endOfLog(this.pools.worker);
    await createCheckpoints(this.pools.worker, { subscription: name, epoch, ...start });
  }

  /** Nothing to write, but at the first start of a release that subscribes more than any before. */
  async #declareInterest(interest: ReturnType<typeof interestOf>): Promise<void> {
    const known = await readInterest(this.pools.worker, interest.name);
    const isNew = !interest.events.every((name) => known?.events.includes(name));
    if (!isNew && (!interest.hasOwnKeys || known?.hasOwnKeys === true)) return;
    const client = await this.pools.worker.connect();
    try {
      await client.query('BEGIN');
      await addInterest(client, interest);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
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

  /** A view is filled anew; what a handler has done already only a person knows. */
  #wayOut(subscription: string): string {
    const isHandler = this.handlers.all().some(({ name }) => name === subscription);
    return isHandler ? restartAdvice(subscription) : `npm run waybill -- rebuild ${subscription}`;
  }

  /** Stops subscriptions that have seen events which this log doesn't hold. */
  async #markDiverged(): Promise<void> {
    for (const { subscription, position, event_id } of await furthestCheckpoints(this.pools.worker)) {
      if (position === 0 || (await isLogEvent(this.pools.worker, { position, event_id }))) continue;
      await markDiverged(this.pools.worker, subscription);
      this.#logger.error(
        `${subscription} has seen position ${position}, which this log doesn't hold: the database was restored or failed over. ` +
          `It stands still until you run: ${this.#wayOut(subscription)}`,
      );
    }
  }
}

function describeOutdated({ name, is, was }: { name: string; is: string; was: string }): string {
  return `${name} is ${is}, but its view was filled ${was}. Its rows can't be mixed. Run: npm run waybill -- rebuild ${name}`;
}

function interestOf({
  name,
  version,
  partitions,
  eventNames,
  hasOwnKeys,
}: Pick<Subscriber, 'name' | 'version' | 'partitions' | 'eventNames' | 'hasOwnKeys'>): DeclaredInterest &
  Pick<Subscriber, 'name' | 'version' | 'partitions'> {
  return { name, version, partitions, events: eventNames, hasOwnKeys };
}

function assertNamesDiffer(known: readonly { name: string }[]): void {
  const names = known.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new Error(`Two subscriptions are called ${twice}. The name is the checkpoint: give one of them another.`);
}
