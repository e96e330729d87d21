import { Injectable } from '@nestjs/common';
import { Pools } from '../../../kernel/database/pools.js';
import type { EventRow } from '../../../kernel/event-log/stored-event.js';
import { DEFAULT_TENANT } from '../../../kernel/messages/message-context.js';
import { loggedEvent, type LoggedEvent } from './logged-event.dto.js';
import { eventAtPosition, eventById, eventInStream, findInLog, findInStream, headOf } from './sql/find-events.js';

/** Which events to show, by position. */
export interface EventFilter {
  readonly stream?: string | undefined;
  /** Of the stream; default: the one that systems without tenants have. */
  readonly tenant?: string | undefined;
  readonly name?: string | undefined;
}

export interface FoundEvents {
  readonly events: readonly LoggedEvent[];
  /** Where to go on; null at the end of the log. */
  readonly next: number | null;
}

/**
 * Positions read per page. A rare name may be found nowhere in so many: the page is then short or empty and
 * names the position to continue at, instead of reading a log of millions in one statement.
 */
const WINDOW = 20_000;
const POSITION = /^[1-9]\d{0,15}$/;
const EVENT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const IN_STREAM = /^(?<stream>[^@]+)@(?<version>[1-9]\d{0,15})$/;

/** Finds events in the log. Reads as the query role, which can change nothing. */
@Injectable()
export class EventFinder {
  constructor(private readonly pools: Pools) {}

  /** Events after a position, oldest first. */
  async find(filter: EventFilter, from: { readonly after: number; readonly limit: number }): Promise<FoundEvents> {
    const { stream, tenant = DEFAULT_TENANT, name } = filter;
    const limit = from.limit + 1;
    if (stream !== undefined) {
      return pageOf(await findInStream(this.pools.query, { stream, tenant, name, after: from.after, limit }), from);
    }
    const head = await headOf(this.pools.query);
    const to = Math.min(head, from.after + (name === undefined ? limit : WINDOW));
    const page = pageOf(await findInLog(this.pools.query, { after: from.after, to, name, limit }), from);
    return page.next === null && to < head ? { ...page, next: to } : page;
  }

  /** The last events of the log, oldest first. */
  async last(count: number): Promise<FoundEvents> {
    const after = Math.max(0, (await headOf(this.pools.query)) - count);
    return this.find({}, { after, limit: count });
  }

  /** One event by its position, its id, or as `stream@version`; undefined when there is none. */
  async one(reference: string): Promise<LoggedEvent | undefined> {
    const row = await this.#row(reference);
    return row && loggedEvent(row);
  }

  async #row(reference: string): Promise<EventRow | undefined> {
    if (POSITION.test(reference)) return eventAtPosition(this.pools.query, Number(reference));
    if (EVENT_ID.test(reference)) return eventById(this.pools.query, reference);
    const named = IN_STREAM.exec(reference)?.groups;
    if (named === undefined) return undefined;
    const [stream, version] = [named['stream']!, Number(named['version'])];
    return eventInStream(this.pools.query, { tenant: DEFAULT_TENANT, stream, version });
  }
}

function pageOf(rows: readonly EventRow[], { limit }: { readonly limit: number }): FoundEvents {
  const shown = rows.slice(0, limit);
  return { events: shown.map(loggedEvent), next: rows.length > limit ? (shown.at(-1)?.position ?? null) : null };
}
