import { Injectable, type Type } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogEpoch } from '../event-log/epoch.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import { positionOfEvent, type EventRef } from '../event-log/sql/position-of-event.js';
import { sequence } from '../event-log/sql/sequence.js';
import type { ConsistencyRequest, FailedEventCounts, MessageOutcome } from '../messages/message-context.js';
import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { SubscriptionProgress, type ProgressView } from '../subscriptions/subscription-progress.js';
import { partitionOf } from '../subscriptions/partition-of.js';
import { hasEventsBetween } from '../subscriptions/sql/checkpoints.js';
import { countFailedEventsOf, hasFailedEvents } from '../subscriptions/sql/failed-event-counts.js';
import { ConsistencyTokenInvalid, ConsistencyTokens, type SeenState } from './consistency-token.js';
import { addFreshness, NO_FAILED_EVENTS, ProjectionBehind, sumOfFailed, type Freshness } from './freshness.js';
import { keyInView, type KeyInView } from './key-in-view.js';
import type { ReadKey } from './reads-from.js';

/** An async projection that a query reads, and the key of the rows that it asks for; undefined: of any. */
interface Reading {
  readonly projection: ProjectionDefinition;
  readonly key: KeyInView | undefined;
}

/** What a query reads, and what its caller has seen. */
interface ReadOf {
  readonly views: readonly Type<object>[];
  readonly request: ConsistencyRequest | undefined;
  readonly key?: ReadKey | undefined;
}

/** How often a query is read again because its views were taken over or started anew meanwhile. */
const MAX_READS = 3;
const HEAD = 'head';
const POLL_MS = 20;
const SEQUENCE_BATCH = 500;

/**
 * Waits until views have what a consistency token names, of the row that is asked for, or of all. Inline views have it at
 * once: they commit with the events. Failed events of a view are reported at once, since it may take minutes, or an operator.
 */
@Injectable()
export class ViewConsistency {
  constructor(
    private readonly pools: Pools,
    private readonly epoch: LogEpoch,
    private readonly tokens: ConsistencyTokens,
    private readonly projections: ProjectionRegistry,
    private readonly progress: SubscriptionProgress,
    private readonly signal: CommitSignal,
  ) {}

  /**
   * Waits, reads, and checks whether a view was started anew meanwhile: then it waits and reads again, because a view that was
   * emptied after the wait has nothing of what was waited for. Who has no token waits for nothing, and reads once.
   * @throws ConsistencyTokenInvalid; ProjectionBehind when strict and something is lacking.
   */
  async read<R>(of: ReadOf, read: () => Promise<R>): Promise<{ readonly answer: R; readonly freshness: Freshness }> {
    const { views, request, key } = of;
    const names = request?.token === undefined ? [] : namesOf(this.#readings(views, key));
    for (let tries = 1; ; tries += 1) {
      // Before it is judged: a rebuild that commits in between must not be taken for the state that was waited for.
      const before = names.length === 0 ? '' : fencesOf(names, await this.progress.view(names));
      const freshness = await this.await(views, request, key);
      if (request === undefined || names.length === 0) return { answer: await read(), freshness };
      const answer = await read();
      if (before === fencesOf(names, await this.progress.latest(names))) return { answer, freshness };
      if (tries < MAX_READS) continue;
      if (request.strict) throw new ProjectionBehind(1, { rebuilding: true });
      return { answer, freshness: { ...freshness, rebuilding: true } };
    }
  }

  /** Reports one more read to the caller of a message. */
  addTo(outcome: MessageOutcome, fresh: Freshness): void {
    addFreshness(outcome, fresh, this.tokens.joined(outcome.readToken, fresh.readToken));
  }

  /** @throws ConsistencyTokenInvalid; ProjectionBehind when strict and something is lacking. */
  async await(
    views: readonly Type<object>[],
    request: ConsistencyRequest | undefined,
    key?: ReadKey,
  ): Promise<Freshness> {
    const readings = this.#readings(views, key);
    await this.#followEpoch(readings);
    const fresh = await this.#await(readings, request);
    const lacking = await this.#lackingOfRebuild(readings);
    const rebuilt = lacking === 0 ? {} : { rebuilding: true, behind: Math.max(lacking, fresh.behind ?? 0) };
    const failed = await this.#failed(readings);
    if (failed === undefined && lacking === 0) return fresh;
    if (request?.strict === true)
      throw new ProjectionBehind(rebuilt.behind ?? fresh.behind ?? 0, { failed, rebuilding: lacking > 0 });
    return { ...fresh, ...rebuilt, failed };
  }

  /** Another process may have begun an epoch, and this one reads no log that would show it: a token of the lost log must not be
   *  taken for one of this log. The same read gives the positions. */
  async #followEpoch(readings: readonly Reading[]): Promise<void> {
    const { epoch } = await this.progress.view(namesOf(readings));
    if (epoch !== this.epoch.known) await this.epoch.refresh();
  }

  /** Positions that an emptied view still lacks; of a row that is asked for by its key only its partition counts. */
  async #lackingOfRebuild(readings: readonly Reading[]): Promise<number> {
    const { rebuildTo } = await this.progress.view(namesOf(readings));
    if (rebuildTo.size === 0) return 0;
    const lacking = await Promise.all(
      readings.map(async ({ projection: { name }, key }) => {
        const target = rebuildTo.get(name) ?? 0;
        return target - (await this.progress.position(name, partitionKeyOf(key)));
      }),
    );
    return Math.max(0, ...lacking);
  }

  /** Has this event, or another one of its command, not taken effect in some subscription? */
  hasFailed({ id }: Pick<EventRef, 'id'>): Promise<boolean> {
    return hasFailedEvents(this.pools.query, id);
  }

  #readings(views: readonly Type<object>[], key: ReadKey | undefined): Reading[] {
    return views.flatMap((view) =>
      this.projections
        .of(view)
        .filter(({ mode }) => mode === 'async')
        .map((projection) => ({ projection, key: keyInView(projection, view, key) })),
    );
  }

  async #await(readings: readonly Reading[], request: ConsistencyRequest | undefined): Promise<Freshness> {
    if (request?.token === undefined) return { readToken: await this.#tokenOf(readings) };
    const { current } = this.epoch;
    if (request.token === HEAD)
      return this.#reach(readings, request, { epoch: current, position: await this.#sequenceAll() });
    const seen = this.tokens.parse(request.token);
    return (await this.#isOfCurrentEpoch(seen)) ? this.#reach(readings, request, seen) : this.#unknown(readings);
  }

  async #unknown(readings: readonly Reading[]): Promise<Freshness> {
    return { readToken: await this.#tokenOf(readings), unknownEpoch: true };
  }

  /** Another process may have begun the token's epoch. */
  async #isOfCurrentEpoch({ epoch }: SeenState): Promise<boolean> {
    if (epoch === this.epoch.current) return true;
    await this.epoch.refresh();
    return epoch === this.epoch.current;
  }

  async #reach(readings: readonly Reading[], request: ConsistencyRequest, seen: SeenState): Promise<Freshness> {
    const target = await this.#targetOf(seen);
    // Lost without a new epoch: in a crash of a server that doesn't flush commits, or a restore that no operator has reported.
    if (target === undefined) return this.#unknown(readings);
    const deadline = performance.now() + request.waitMs;
    const reached = await Promise.all(readings.map((reading) => this.#wait(reading, target, deadline)));
    await this.#followEpoch(readings);
    if (this.epoch.current !== seen.epoch) return this.#unknown(readings);
    const behind = Math.max(0, ...reached.map((position) => target - position));
    if (behind > 0 && request.strict) throw new ProjectionBehind(behind);
    const applied = Math.min(target, ...(await this.#appliedTo(readings, reached)));
    const position = Math.max(seen.position, applied);
    const event = applied < target ? seen.event : undefined;
    return {
      readToken: this.tokens.issue({ epoch: seen.epoch, position, event }),
      ...(behind > 0 ? { behind } : {}),
    };
  }

  /** In all partitions: who has waited for one row's only may ask for the others next. */
  #appliedTo(readings: readonly Reading[], reached: readonly number[]): Promise<number[]> {
    return Promise.all(
      readings.map(async ({ projection, key }, index) =>
        partitionKeyOf(key) === undefined ? reached[index]! : this.progress.position(projection.name),
      ),
    );
  }

  /** Read after the positions, so that what they pass over is seen here. Costs no statement where nothing has failed. */
  async #failed(readings: readonly Reading[]): Promise<FailedEventCounts | undefined> {
    const { failed: all, progress } = await this.progress.view(namesOf(readings));
    if (all.size === 0) return undefined;
    const counts = await Promise.all(readings.map(async (reading) => this.#failedOf(reading, { all, progress })));
    const failed = counts.filter((count) => count !== undefined).reduce(sumOfFailed, NO_FAILED_EVENTS);
    return failed.retrying + failed.waiting + failed.deadLettered === 0 ? undefined : failed;
  }

  async #failedOf(
    { projection: { name }, key }: Reading,
    { all, progress }: { all: ProgressView['failed']; progress: ProgressView['progress'] },
  ): Promise<FailedEventCounts | undefined> {
    const counts = all.get(name);
    const partitions = progress.get(name)?.positions.length;
    if (counts === undefined || partitions === undefined || key === undefined) return counts;
    const partition = key.isPrefix ? undefined : partitionOf(key.text, partitions);
    return countFailedEventsOf(this.pools.query, {
      subscription: name,
      key: key.text,
      isPrefix: key.isPrefix,
      partition,
    });
  }

  /** The position that must be reached; gives the event one if it has none yet. Undefined: the log doesn't hold the event. */
  async #targetOf({ position, event }: Omit<SeenState, 'epoch'>): Promise<number | undefined> {
    if (event === undefined) {
      if (position > (await this.progress.view([])).head && position > (await this.#sequenceAll()))
        throw new ConsistencyTokenInvalid();
      return position;
    }
    const known = await positionOfEvent(this.pools.app, event);
    if (known === undefined) return undefined;
    if (known !== null) return Math.max(position, known);
    await this.#sequenceAll();
    const given = await positionOfEvent(this.pools.app, event);
    return given === undefined || given === null ? undefined : Math.max(position, given);
  }

  async #sequenceAll(): Promise<number> {
    for (;;) {
      const { head, assigned } = await sequence(this.pools.app, SEQUENCE_BATCH);
      if (assigned < SEQUENCE_BATCH) {
        this.signal.emit([]);
        return head;
      }
    }
  }

  /** @returns the target once reached, or how far the view has come by the deadline. */
  async #wait({ projection, key }: Reading, target: number, deadline: number): Promise<number> {
    const { name: subscription, eventNames: names } = projection;
    for (;;) {
      const position = await this.progress.position(subscription, partitionKeyOf(key));
      if (position >= target) return target;
      if (!(await hasEventsBetween(this.pools.query, { after: position, to: target, subscription, names })))
        return target;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return position;
      await this.#progress(Math.min(POLL_MS, leftMs));
    }
  }

  #progress(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, atMostMs);
      const stopListening = this.progress.onProgress(done);
      function done(): void {
        clearTimeout(timer);
        stopListening();
        resolve();
      }
    });
  }

  /** What a response without a consistency request has surely seen. */
  async #tokenOf(readings: readonly Reading[]): Promise<string> {
    const { head, epoch } = await this.progress.view(namesOf(readings));
    const positions = await Promise.all(readings.map(({ projection }) => this.progress.position(projection.name)));
    return this.tokens.issue({ epoch: epoch ?? this.epoch.current, position: Math.min(head, ...positions) });
  }
}

/** A view that is started anew, or taken over, has other fences. */
function fencesOf(names: readonly string[], { progress }: Pick<ProgressView, 'progress'>): string {
  return names.map((name) => progress.get(name)?.fences).join(';');
}

function namesOf(readings: readonly Reading[]): string[] {
  return readings.map(({ projection }) => projection.name);
}

/** The key of one row; undefined where the rows may be in any partition. */
function partitionKeyOf(key: KeyInView | undefined): string | undefined {
  return key === undefined || key.isPrefix ? undefined : key.text;
}
