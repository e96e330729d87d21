import { Inject, Injectable, Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { AsyncProjection } from '../projections/async-projection.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { endOfLog } from './end-of-log.js';
import { EventHandlers } from './event-handlers.js';
import { createCheckpoints } from './sql/checkpoints.js';
import {
  markDiverged,
  readSubscriptions,
  registerEvents,
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
  /** Those whose registered events are another release's, which lives. */
  #steppedBack: readonly Subscriber[] = [];
  #outdatedNames: ReadonlySet<string> = new Set();

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
  async register(): Promise<Subscriber[]> {
    const subscribers = this.declared();
    const inline = this.projections.all().filter(({ mode }) => mode === 'inline');
    const known = [
      ...subscribers.map((subscriber) => ({ ...interestOf(subscriber), kind: subscriber.kind })),
      ...inline.map((projection) => ({ ...interestOf(projection), kind: 'inline' as const })),
    ];
    assertNamesDiffer(known);
    for (const one of known) await registerSubscription(this.pools.worker, one);
    for (const subscriber of subscribers) await this.#createCheckpoints(subscriber);
    const outdated = (this.#outdatedNames = new Set(await this.#outdated()));
    await this.markDiverged();
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

  /** At a start, once the replica is announced: replaces the events of another release unless that one's contain them. */
  async registerEvents(subscribers: readonly Subscriber[]): Promise<void> {
    await this.#registerEvents(subscribers, null);
  }

  /** Another release may have registered other events: this one steps back, or takes over again once none of that release
   *  lives (after a rollback). */
  async registerAgain(subscribers: readonly Subscriber[], replica: string): Promise<void> {
    if (subscribers.length === 0) return;
    const stored = new Map((await readSubscriptions(this.pools.control)).map((row) => [row.name, row]));
    const others = subscribers.filter((subscriber) => {
      const row = stored.get(subscriber.name);
      return row?.version === subscriber.version && row.registered.join() !== subscriber.eventNames.join();
    });
    if (others.length > 0) await this.#registerEvents(others, replica);
    else this.#steppedBack = [];
  }

  /** Inline views that this process writes with its commits, as `name@version`; known once it is registered. */
  inlineRuns(): string[] {
    const inline = this.projections
      .all()
      .filter(({ name, mode }) => mode === 'inline' && !this.#outdatedNames.has(name));
    return inline.map(({ name, version }) => `${name}@${version}`);
  }

  async #createCheckpoints({ name, startFrom }: Subscriber): Promise<void> {
    const start = startFrom === 'beginning' ? { position: 0, eventId: null } : await endOfLog(this.pools.worker);
    await createCheckpoints(this.pools.worker, { subscription: name, ...start });
  }

  async #registerEvents(subscribers: readonly Subscriber[], renewing: string | null): Promise<void> {
    const { leaseMs } = this.options;
    const steppedBack: Subscriber[] = [];
    for (const subscriber of subscribers) {
      const { name, version } = subscriber;
      const mine = await registerEvents(this.pools.worker, interestOf(subscriber), { leaseMs, renewing });
      if (mine || (await this.#isOutdated(name, version))) continue;
      steppedBack.push(subscriber);
      if (this.#steppedBack.includes(subscriber)) continue;
      this.#logger.warn(
        `${name} is run by another release, which subscribes to events that this one does not know. It continues here once no ` +
          'process of that release is running.',
      );
    }
    this.#steppedBack = steppedBack;
  }

  async #isOutdated(name: string, version: number): Promise<boolean> {
    return (await readSubscriptions(this.pools.worker)).some((row) => row.name === name && row.version !== version);
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

  /** Stops subscriptions that have seen events which this log doesn't hold, and logs what each needs. */
  async markDiverged(): Promise<void> {
    for (const name of await markDiverged(this.pools.worker)) {
      this.#logger.error(
        `${name} has processed events that this log does not contain: the database was restored or failed over. ` +
          `It is stopped until you run: ${this.#wayOut(name)}`,
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
