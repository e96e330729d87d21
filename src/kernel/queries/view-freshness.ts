import { Injectable, type Type } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogEpoch } from '../event-log/epoch.js';
import { LogBell } from '../event-log/log-bell.js';
import { positionOfEvent } from '../event-log/sql/position-of-event.js';
import { sequence } from '../event-log/sql/sequence.js';
import type { ConsistencyRequest, HeldCounts } from '../messages/message-context.js';
import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { CheckpointBoard, type BoardView } from '../subscriptions/checkpoint-board.js';
import { partitionOf } from '../subscriptions/partition-of.js';
import { hasEventsBetween } from '../subscriptions/sql/checkpoints.js';
import { countHeldOf, isHeldAnywhere } from '../subscriptions/sql/held-counts.js';
import { ConsistencyTokenInvalid, ConsistencyTokens, type SeenState } from './consistency-token.js';
import { keyInView, type KeyInView } from './key-in-view.js';
import type { ReadKey } from './reads-from.js';

/** The view lacks something that the caller asked for, and the caller wants no stale answer. */
export class ProjectionBehind extends Error {
  readonly code = 'projection-behind';

  constructor(
    readonly behind: number,
    held?: HeldCounts,
  ) {
    super(
      held === undefined
        ? `The view is ${behind} events behind what you have seen. Ask again in a second, or without handling=strict.`
        : `Of what you asked for, ${held.blocked + held.queued + held.parked} events have not taken effect in the view: ` +
            `${held.blocked} are tried again, ${held.parked} wait for an operator, ${held.queued} for those before them. ` +
            'Ask again later, or without handling=strict.',
    );
  }
}

/** What the query bus tells the caller about an answer. */
export interface Freshness {
  readonly readToken: string;
  readonly behind?: number | undefined;
  /** Events of what was asked for that have not taken effect, whatever the positions say. */
  readonly held?: HeldCounts | undefined;
  readonly unknownEpoch?: boolean | undefined;
}

/** An async projection that a query reads, and the key of the rows that it asks for; undefined: of any. */
interface Reading {
  readonly projection: ProjectionDefinition;
  readonly key: KeyInView | undefined;
}

const HEAD = 'head';
const POLL_MS = 20;
const SEQUENCE_BATCH = 500;

/**
 * Waits until views have what a consistency token names, of the row that is asked for, or of all. Inline views have it at
 * once: they commit with the events. What a view holds back is told at once, since it may take minutes, or an operator.
 */
@Injectable()
export class ViewFreshness {
  constructor(
    private readonly pools: Pools,
    private readonly epoch: LogEpoch,
    private readonly tokens: ConsistencyTokens,
    private readonly projections: ProjectionRegistry,
    private readonly board: CheckpointBoard,
    private readonly bell: LogBell,
  ) {}

  /** @throws ConsistencyTokenInvalid; ProjectionBehind when strict and something is lacking. */
  async await(
    views: readonly Type<object>[],
    request: ConsistencyRequest | undefined,
    key?: ReadKey,
  ): Promise<Freshness> {
    const readings = this.#readings(views, key);
    const fresh = await this.#await(readings, request);
    const held = await this.#held(readings);
    if (held === undefined) return fresh;
    if (request?.strict === true) throw new ProjectionBehind(fresh.behind ?? 0, held);
    return { ...fresh, held };
  }

  /** Has this event (`kernel.events.id`), or another one of its command, not taken effect in some subscription? */
  isHeldBack(eventId: number): Promise<boolean> {
    return isHeldAnywhere(this.pools.query, eventId);
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
    if (request.token === HEAD)
      return this.#reach(readings, request, { position: await this.#sequenceAll(), eventId: 0 });
    const seen = this.tokens.parse(request.token);
    if (seen.epoch !== this.epoch.current) return { readToken: await this.#tokenOf(readings), unknownEpoch: true };
    return this.#reach(readings, request, seen);
  }

  async #reach(
    readings: readonly Reading[],
    request: ConsistencyRequest,
    seen: { position: number; eventId: number },
  ): Promise<Freshness> {
    const target = await this.#targetOf(seen);
    const deadline = Date.now() + request.waitMs;
    const reached = await Promise.all(readings.map((reading) => this.#wait(reading, target, deadline)));
    const behind = Math.max(0, ...reached.map((position) => target - position));
    if (behind > 0 && request.strict) throw new ProjectionBehind(behind);
    const applied = Math.min(target, ...(await this.#appliedTo(readings, reached)));
    const position = Math.max(seen.position, applied);
    const eventId = applied < target ? seen.eventId : 0;
    return {
      readToken: this.tokens.issue({ epoch: this.epoch.current, position, eventId }),
      ...(behind > 0 ? { behind } : {}),
    };
  }

  /** In all partitions: who has waited for one row's only may ask for the others next. */
  #appliedTo(readings: readonly Reading[], reached: readonly number[]): Promise<number[]> {
    return Promise.all(
      readings.map(async ({ projection, key }, index) =>
        partitionKeyOf(key) === undefined ? reached[index]! : this.board.position(projection.name),
      ),
    );
  }

  /** Looked at after the positions, so that what they pass over is seen here. Costs no statement where nothing is held. */
  async #held(readings: readonly Reading[]): Promise<HeldCounts | undefined> {
    const { held: all, progress } = await this.board.view();
    if (all.size === 0) return undefined;
    const counts = await Promise.all(readings.map(async (reading) => this.#heldOf(reading, { all, progress })));
    const held = { blocked: 0, queued: 0, parked: 0 };
    for (const { blocked, queued, parked } of counts.filter((count) => count !== undefined)) {
      held.blocked += blocked;
      held.queued += queued;
      held.parked += parked;
    }
    return sumOf(held) === 0 ? undefined : held;
  }

  async #heldOf(
    { projection: { name }, key }: Reading,
    { all, progress }: { all: BoardView['held']; progress: BoardView['progress'] },
  ): Promise<HeldCounts | undefined> {
    const counts = all.get(name);
    const partitions = progress.get(name)?.positions.length;
    if (counts === undefined || partitions === undefined || key === undefined) return counts;
    const partition = key.isPrefix ? undefined : partitionOf(key.text, partitions);
    return countHeldOf(this.pools.query, { subscription: name, key: key.text, isPrefix: key.isPrefix, partition });
  }

  /** The position that must be reached; gives the event one if it has none yet. */
  async #targetOf({ position, eventId }: Omit<SeenState, 'epoch'>): Promise<number> {
    if (eventId === 0) {
      if (position > (await this.board.view()).head && position > (await this.#sequenceAll()))
        throw new ConsistencyTokenInvalid();
      return position;
    }
    const known = await positionOfEvent(this.pools.app, eventId);
    if (known !== undefined) return Math.max(position, known);
    await this.#sequenceAll();
    const given = await positionOfEvent(this.pools.app, eventId);
    if (given === undefined) throw new ConsistencyTokenInvalid();
    return Math.max(position, given);
  }

  async #sequenceAll(): Promise<number> {
    for (;;) {
      const { head, assigned } = await sequence(this.pools.app, SEQUENCE_BATCH);
      if (assigned < SEQUENCE_BATCH) {
        this.bell.ring([]);
        return head;
      }
    }
  }

  /** @returns the target once reached, or how far the view has come by the deadline. */
  async #wait({ projection, key }: Reading, target: number, deadline: number): Promise<number> {
    const { name: subscription, eventNames: names } = projection;
    for (;;) {
      const position = await this.board.position(subscription, partitionKeyOf(key));
      if (position >= target) return target;
      if (!(await hasEventsBetween(this.pools.query, { after: position, to: target, subscription, names })))
        return target;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return position;
      await this.#progress(Math.min(POLL_MS, leftMs));
    }
  }

  #progress(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, atMostMs);
      const stopListening = this.board.onProgress(done);
      function done(): void {
        clearTimeout(timer);
        stopListening();
        resolve();
      }
    });
  }

  /** What an answer without a wish has surely seen. */
  async #tokenOf(readings: readonly Reading[]): Promise<string> {
    const { head } = await this.board.view();
    const positions = await Promise.all(readings.map(({ projection }) => this.board.position(projection.name)));
    return this.tokens.issue({ epoch: this.epoch.current, position: Math.min(head, ...positions), eventId: 0 });
  }
}

/** The key of one row; undefined where the rows may be in any partition. */
function partitionKeyOf(key: KeyInView | undefined): string | undefined {
  return key === undefined || key.isPrefix ? undefined : key.text;
}

function sumOf({ blocked, queued, parked }: HeldCounts): number {
  return blocked + queued + parked;
}
