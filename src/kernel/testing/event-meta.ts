import { definitionOf, type EventMeta } from '../domain/index.js';

const STREAM = 'spec.stream:1';
const FIRST_MS = Date.parse('2026-11-23T12:00:00.000Z');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * What the log would know of the nth event of a stream: one a minute since noon, recorded a second after it occurred.
 *
 * @param event an event, or its class
 */
export function metaOf(event: object, version: number, known: Partial<EventMeta> = {}): EventMeta {
  const occurredMs = FIRST_MS + version * MINUTE;
  return {
    eventId: `01980b5c-2f00-7000-8000-${String(version).padStart(12, '0')}`,
    id: version,
    position: version,
    stream: STREAM,
    version,
    name: definitionOf(event)!.name,
    recordedAt: new Date(occurredMs + SECOND).toISOString(),
    occurredAt: new Date(occurredMs).toISOString(),
    commandId: 'command',
    correlationId: 'correlation',
    causationId: null,
    actor: { type: 'customer', id: 'ada' },
    tenant: 'default',
    imported: false,
    causationDepth: 0,
    ...known,
  };
}
