import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import type { EventRegistry } from '../messages/event-registry.js';
import type { Delivery, Subscriber } from './subscriber.js';

/**
 * What this release makes of a stored event:
 * - `event`: it takes effect under these keys.
 * - `foreign`: this release knows it, and doesn't subscribe it (another release does).
 * - `unreadable`: its name or version isn't known here, an upcaster fails, or which rows it touches is unknown.
 *   `keys` are those that it surely has, and no others; undefined: it may touch anything.
 */
export type DecodedEvent =
  | ({ readonly kind: 'event' } & Delivery)
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unreadable'; readonly error: unknown; readonly keys: readonly string[] | undefined };

/** Reads stored events for one subscription. */
export class EventDecoder {
  /** Keys are computed by code in some release, maybe not in this one: they don't follow from stored data alone. */
  hasOwnKeys: boolean;
  #names: readonly string[];

  constructor(
    private readonly subscriber: Subscriber,
    private readonly registry: EventRegistry,
  ) {
    this.hasOwnKeys = subscriber.hasOwnKeys;
    this.#names = subscriber.eventNames;
  }

  /** Names of the events to be read: those of this release, and those that any other has subscribed. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** As the database has it: what all releases together subscribe. */
  declared(decode: { readonly events: readonly string[]; readonly hasOwnKeys: boolean }): void {
    this.#names = [...new Set([...this.subscriber.eventNames, ...decode.events])];
    this.hasOwnKeys = decode.hasOwnKeys;
  }

  decode(row: EventRow): DecodedEvent {
    if (this.registry.knows(row.name) && !this.subscriber.eventNames.includes(row.name)) return { kind: 'foreign' };
    try {
      const recorded = recordedEvent(this.registry, row);
      const touched = this.subscriber.keysOf(recorded);
      return { kind: 'event', recorded, keys: [...touched.keys()], touched };
    } catch (error) {
      const keys = this.hasOwnKeys ? undefined : this.subscriber.keysOfStored(row);
      return { kind: 'unreadable', error, keys };
    }
  }
}
