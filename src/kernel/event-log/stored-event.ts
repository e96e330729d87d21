import type { EventMeta, StoredData } from '../domain/index.js';
import { deepFreeze } from '../messages/deep-freeze.js';
import type { EventRegistry } from '../messages/event-registry.js';

/** A row of kernel.events, with its position where the log has given one. */
export interface EventRow {
  readonly id: number;
  readonly event_id: string;
  readonly tenant: string;
  readonly stream_id: string;
  readonly version: number;
  readonly name: string;
  readonly schema_version: number;
  readonly data: StoredData;
  readonly meta: StoredMeta;
  /** RFC 3339. */
  readonly recorded_at: string;
  readonly position?: number;
}

/** The part of the metadata that is stored as JSON. Short optional keys are left out when they have no value. */
export type StoredMeta = Pick<EventMeta, 'occurredAt' | 'commandId' | 'correlationId' | 'causationId' | 'actor'> & {
  readonly traceparent?: string;
  readonly imported?: true;
  readonly causationDepth?: number;
};

/** An event with what the log knows about it, as projections and readers take it. */
export interface RecordedEvent {
  readonly event: object;
  readonly meta: EventMeta;
}

export function metaOf(row: EventRow): EventMeta {
  return {
    eventId: row.event_id,
    id: row.id,
    ...(row.position === undefined ? {} : { position: row.position }),
    stream: row.stream_id,
    version: row.version,
    name: row.name,
    recordedAt: row.recorded_at,
    tenant: row.tenant,
    ...row.meta,
    imported: row.meta.imported ?? false,
    causationDepth: row.meta.causationDepth ?? 0,
  };
}

/** Rows at the end of the log are read once and taken by every subscription: each is revived once. */
const revived = new WeakMap<EventRow, RecordedEvent>();

/** Frozen, because all readers in the process share it. @throws UnknownEvent when this release doesn't know the event. */
export function recordedEvent(registry: EventRegistry, row: EventRow): RecordedEvent {
  const known = revived.get(row);
  if (known !== undefined) return known;
  const recorded = deepFreeze({
    event: registry.revive(row.name, row.schema_version, row.data),
    meta: metaOf(row),
  });
  revived.set(row, recorded);
  return recorded;
}
