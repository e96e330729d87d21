import { reactionsOf, type EventClass, type EventMeta } from '#kernel/domain';
import { metaOf } from '#kernel/testing';

type Fold<Row> = (row: Row | undefined, event: object, meta: EventMeta) => Row | undefined;

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
