import { Injectable } from '@nestjs/common';
import type { EventRef } from '../../../kernel/event-log/sql/position-of-event.js';
import type { MessageContext } from '../../../kernel/messages/message-context.js';
import { ProjectionRegistry } from '../../../kernel/projections/projection-registry.js';
import { ConsistencyTokens } from '../../../kernel/consistency/consistency-token.js';
import { addFreshness } from '../../../kernel/consistency/freshness.js';
import { ViewFreshness } from '../../../kernel/consistency/view-freshness.js';
import type { Exchange } from './exchange.js';

/**
 * What an answer waits for before it leaves. `Prefer: wait=N` on a command: until every async view shows it, or marked
 * `pending`. And a token for what has none yet: a CRUD context's own tables and commands without events are as new as
 * the log's head.
 */
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
    if (context === undefined || route === undefined || route.access === 'public') return undefined;
    const { lastEvent, readToken } = context.outcome;
    if (lastEvent === undefined && readToken === undefined) return this.#asOfHead(exchange, context);
    if (lastEvent === undefined || preferences?.waitSeconds === undefined || route.method === 'GET') return undefined;
    return this.#wait(exchange, lastEvent, preferences.waitSeconds * 1_000);
  }

  async #asOfHead({ route }: Exchange, context: MessageContext): Promise<void> {
    const request = route?.method === 'GET' ? context.consistency : undefined;
    const fresh = await this.freshness.await([], request);
    addFreshness(context.outcome, fresh, fresh.readToken);
  }

  async #wait(exchange: Exchange, event: EventRef, waitMs: number): Promise<void> {
    const views = this.projections.async().map(({ view }) => view);
    const token = this.tokens.forEvent(event);
    const { behind, held } = await this.freshness.await(views, { token, waitMs, strict: false });
    exchange.isPending = behind !== undefined || (held !== undefined && (await this.freshness.isHeldBack(event)));
  }
}
