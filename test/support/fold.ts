import { definitionOf, reactionsOf, type EventClass, type EventMeta } from '#kernel/domain';

type Fold<Row> = (row: Row | undefined, event: object, meta: EventMeta) => Row | undefined;

/** What the log would know about the nth event of a stream. */
export function metaOf(event: object, version: number): EventMeta {
  const minute = String(version).padStart(2, '0');
  return {
    eventId: `01980b5c-2f00-7000-8000-0000000000${minute}`,
    id: version,
    position: version,
    stream: 'spec.stream:1',
    version,
    name: definitionOf(event)!.name,
    recordedAt: `2026-11-23T12:${minute}:01.000Z`,
    occurredAt: `2026-11-23T12:${minute}:00.000Z`,
    commandId: 'command',
    correlationId: 'correlation',
    causationId: null,
    actor: { type: 'customer', id: 'ada' },
    tenant: 'default',
    imported: false,
    hop: 0,
  };
}

/** Every state of a row while a projection folds one stream, as the kernel would call it; the last one is the row. */
export function statesOf<Row>(projection: object, events: readonly object[]): (Row | undefined)[] {
  const reactions = reactionsOf(projection.constructor as EventClass);
  const states: (Row | undefined)[] = [];
  for (const [index, event] of events.entries()) {
    const method = reactions.get(event.constructor as EventClass);
    const fold = method === undefined ? undefined : (projection as Record<string, Fold<Row>>)[method];
    const before = states.at(-1);
    states.push(fold === undefined ? before : fold.call(projection, before, event, metaOf(event, index + 1)));
  }
  return states;
}
