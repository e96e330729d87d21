import { Injectable } from '@nestjs/common';
import type { EventRef } from '../../../kernel/event-log/sql/position-of-event.js';
import type { MessageContext } from '../../../kernel/messages/message-context.js';
import { ProjectionRegistry } from '../../../kernel/projections/projection-registry.js';
import { ConsistencyTokens } from '../../../kernel/consistency/consistency-token.js';
import { addFreshness } from '../../../kernel/consistency/freshness.js';
import { ViewConsistency } from '../../../kernel/consistency/view-consistency.js';
import type { RequestState } from './request-state.js';

/**
 * What an answer waits for before it leaves. `Prefer: wait=N` on a command: until every async view shows it, or marked
 * `pending`. And a token for what has none yet: a CRUD context's own tables and commands without events are as new as
 * the log's head.
 */
@Injectable()
export class ViewWait {
  constructor(
    private readonly projections: ProjectionRegistry,
    private readonly consistency: ViewConsistency,
    private readonly tokens: ConsistencyTokens,
  ) {}

  /** Undefined: there is nothing to wait for. */
  after(requestState: RequestState): Promise<void> | undefined {
    const { context, preferences, route } = requestState;
    if (context === undefined || route === undefined || route.access === 'public') return undefined;
    const { lastEvent, readToken } = context.outcome;
    if (lastEvent === undefined && readToken === undefined) return this.#asOfHead(requestState, context);
    if (lastEvent === undefined || preferences?.waitSeconds === undefined || route.method === 'GET') return undefined;
    return this.#wait(requestState, lastEvent, preferences.waitSeconds * 1_000);
  }

  async #asOfHead({ route }: RequestState, context: MessageContext): Promise<void> {
    const request = route?.method === 'GET' ? context.consistency : undefined;
    const fresh = await this.consistency.await([], request);
    addFreshness(context.outcome, fresh, fresh.readToken);
  }

  async #wait(requestState: RequestState, event: EventRef, waitMs: number): Promise<void> {
    const views = this.projections.async().map(({ view }) => view);
    const token = this.tokens.forEvent(event);
    const { behind, failed } = await this.consistency.await(views, { token, waitMs, strict: false });
    requestState.isPending =
      behind !== undefined || (failed !== undefined && (await this.consistency.hasFailed(event)));
  }
}
