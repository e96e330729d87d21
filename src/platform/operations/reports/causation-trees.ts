import { Injectable } from '@nestjs/common';
import { Pools } from '../../../kernel/database/pools.js';
import { DEFAULT_TENANT } from '../../../kernel/messages/message-context.js';
import type { CausationTree } from './causation.dto.js';
import { isId } from '../../http/validation/rules.js';
import { EventFinder } from './event-finder.js';
import { growTree } from './grow-tree.js';
import { commandsOf, correlationsOfStreams, eventsOfCorrelations, failedAmong } from './sql/causation.js';
import { StreamPrefixes } from './stream-prefixes.js';

/** More than a person reads; an import's single correlation may have a hundred thousand. */
const MOST_EVENTS = 1_000;
const MOST_CORRELATIONS = 100;

/** What has led to what. */
@Injectable()
export class CausationTrees {
  constructor(
    private readonly pools: Pools,
    private readonly events: EventFinder,
    private readonly prefixes: StreamPrefixes,
  ) {}

  /**
   * The tree of a correlation id, or of whatever an event id, a position, a stream or an aggregate's id belongs to; for
   * a stream, of everything that ever changed it. Undefined when nothing has this id.
   */
  async of(id: string, tenant = DEFAULT_TENANT): Promise<CausationTree | undefined> {
    const grown = await this.#grow([id]);
    if (grown !== undefined) return grown;
    // Request ids are the clients' own text. Ids of events and aggregates are UUIDs, which are stored in lower case.
    const found = isId(id) ? id.toLowerCase() : id;
    return (
      (found === id ? undefined : await this.#grow([found])) ?? this.#grow(await this.#correlationsOf(found, tenant))
    );
  }

  async #correlationsOf(id: string, tenant: string): Promise<string[]> {
    const streams = id.includes(':') ? [id] : this.prefixes.streamsOf(id);
    const found = await correlationsOfStreams(this.pools.query, { tenant, streams, limit: MOST_CORRELATIONS });
    if (found.length > 0) return found;
    const event = await this.events.one(id);
    return event === undefined ? [] : [event.correlationId];
  }

  async #grow(correlationIds: readonly string[]): Promise<CausationTree | undefined> {
    if (correlationIds.length === 0) return undefined;
    const found = await eventsOfCorrelations(this.pools.query, correlationIds, MOST_EVENTS + 1);
    if (found.length === 0) return undefined;
    const events = found.slice(0, MOST_EVENTS);
    // The query role may not read answers, so their names come by the worker's.
    const [commands, failed] = await Promise.all([
      commandsOf(this.pools.app, events),
      failedAmong(
        this.pools.query,
        events.map(({ id }) => id),
      ),
    ]);
    return {
      correlationIds: [...correlationIds],
      eventCount: events.length,
      isComplete: found.length <= MOST_EVENTS,
      roots: growTree(events, { commands, failed }),
    };
  }
}
