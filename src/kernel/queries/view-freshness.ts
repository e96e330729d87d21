import { Injectable, type Type } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogEpoch } from '../event-log/epoch.js';
import { LogBell } from '../event-log/log-bell.js';
import { positionOfEvent } from '../event-log/sql/position-of-event.js';
import { sequence } from '../event-log/sql/sequence.js';
import type { ConsistencyRequest } from '../messages/message-context.js';
import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { ProjectionRegistry } from '../projections/projection-registry.js';
import { CheckpointBoard } from '../subscriptions/checkpoint-board.js';
import { hasEventsBetween } from '../subscriptions/sql/checkpoints.js';
import { ConsistencyTokenInvalid, ConsistencyTokens, type SeenState } from './consistency-token.js';

/** The view didn't reach in time what the caller had seen, and the caller wants no stale answer. */
export class ProjectionBehind extends Error {
  readonly code = 'projection-behind';

  constructor(readonly behind: number) {
    super(`The view is ${behind} events behind what you have seen. Ask again in a second, or without handling=strict.`);
  }
}

/** What the query bus tells the caller about an answer. */
export interface Freshness {
  readonly readToken: string;
  readonly behind?: number | undefined;
  readonly unknownEpoch?: boolean | undefined;
}

const HEAD = 'head';
const POLL_MS = 20;
const SEQUENCE_BATCH = 500;

/** Waits until views have what a consistency token names. Inline views have it at once: they commit with the events. */
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

  /** @throws ConsistencyTokenInvalid; ProjectionBehind when strict and not caught up in time. */
  async await(views: readonly Type<object>[], request: ConsistencyRequest | undefined): Promise<Freshness> {
    const projections = views.flatMap((view) => this.projections.of(view)).filter(({ mode }) => mode === 'async');
    if (request?.token === undefined) return { readToken: await this.#tokenOf(projections) };
    if (request.token === HEAD)
      return this.#reach(projections, request, { position: await this.#sequenceAll(), eventId: 0 });
    const seen = this.tokens.parse(request.token);
    if (seen.epoch !== this.epoch.current) return { readToken: await this.#tokenOf(projections), unknownEpoch: true };
    return this.#reach(projections, request, seen);
  }

  async #reach(
    projections: readonly ProjectionDefinition[],
    request: ConsistencyRequest,
    seen: { position: number; eventId: number },
  ): Promise<Freshness> {
    const target = await this.#targetOf(seen);
    const deadline = Date.now() + request.waitMs;
    const reached = await Promise.all(projections.map((projection) => this.#wait(projection, target, deadline)));
    const behind = Math.max(0, ...reached.map((position) => target - position));
    if (behind > 0 && request.strict) throw new ProjectionBehind(behind);
    const applied = projections.length === 0 ? target : Math.min(...reached);
    const position = Math.max(seen.position, applied);
    const eventId = behind > 0 ? seen.eventId : 0;
    return {
      readToken: this.tokens.issue({ epoch: this.epoch.current, position, eventId }),
      ...(behind > 0 ? { behind } : {}),
    };
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
        this.bell.ring();
        return head;
      }
    }
  }

  /** @returns the target once reached, or how far the view has come by the deadline. */
  async #wait(projection: ProjectionDefinition, target: number, deadline: number): Promise<number> {
    for (;;) {
      const position = await this.board.position(projection.name);
      if (position >= target) return target;
      if (!(await hasEventsBetween(this.pools.query, { after: position, to: target, names: projection.eventNames })))
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
  async #tokenOf(projections: readonly ProjectionDefinition[]): Promise<string> {
    const { head } = await this.board.view();
    const positions = await Promise.all(projections.map(({ name }) => this.board.position(name)));
    return this.tokens.issue({ epoch: this.epoch.current, position: Math.min(head, ...positions), eventId: 0 });
  }
}
