import { Injectable } from '@nestjs/common';
import { ProjectionRegistry } from '../../projections/projection-registry.js';
import { ConsistencyTokens } from '../../queries/consistency-token.js';
import { ViewFreshness } from '../../queries/view-freshness.js';
import type { Exchange } from './exchange.js';

/** `Prefer: wait=N` on a command: its answer comes once every async view shows it, or is marked `pending`. */
@Injectable()
export class ViewWait {
  constructor(
    private readonly projections: ProjectionRegistry,
    private readonly freshness: ViewFreshness,
    private readonly tokens: ConsistencyTokens,
  ) {}

  /** Undefined: there is nothing to wait for. */
  after(exchange: Exchange): Promise<void> | undefined {
    const { context, preferences, route } = exchange;
    const eventId = context?.outcome.lastEventId;
    if (eventId === undefined || preferences?.waitSeconds === undefined || route?.method === 'GET') return undefined;
    return this.#wait(exchange, eventId, preferences.waitSeconds * 1_000);
  }

  async #wait(exchange: Exchange, eventId: number, waitMs: number): Promise<void> {
    const views = this.projections.async().map(({ view }) => view);
    const token = this.tokens.forEvent(eventId);
    const { behind } = await this.freshness.await(views, { token, waitMs, strict: false });
    exchange.isPending = behind !== undefined;
  }
}
