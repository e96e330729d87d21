import type { EventClass } from './on.js';
import { PERMANENT_NAME } from './permanent-name.js';

/** JSON as it lies in the log: the shape of an older version of an event, before upcasting. */
export type StoredData = Record<string, unknown>;

/** Turns the data of version n into the data of version n + 1. Must be pure. */
export type Upcaster = (data: StoredData) => StoredData;

export interface DurableEventOptions {
  /** One upcaster per older version: `{ 1: v1 => v2, 2: v2 => v3 }`. Every gap stops the start. */
  readonly upcast?: Readonly<Record<number, Upcaster>>;
}

/** What an event class is called in the log. The name is permanent; it never follows the class when that is renamed. */
export interface EventDefinition {
  readonly name: string;
  readonly version: number;
  readonly type: EventClass;
  readonly upcast: Readonly<Record<number, Upcaster>>;
}

const DEFINITION: unique symbol = Symbol.for('waybill.durable-event');
const known: EventDefinition[] = [];

/**
 * Gives an event class its permanent name and version in the log.
 *
 * @param name `<context>.<event-in-kebab>`, never derived from the class, never changed once stored.
 * @param version counts up when the stored shape changes; each older version needs an upcaster.
 * @throws Error for a malformed name, a version below 1, or a missing upcaster.
 * @example
 * ```ts
 * @DurableEvent('ordering.order-placed', 1)
 * export class OrderPlaced { constructor(readonly orderId: string, readonly number: string) {} }
 * ```
 */
export function DurableEvent(name: string, version: number, options: DurableEventOptions = {}): ClassDecorator {
  return (target) => {
    const type = target as unknown as EventClass;
    const upcast = options.upcast ?? {};
    assertDefinition(type, name, version, upcast);
    const definition: EventDefinition = { name, version, type, upcast };
    Object.defineProperty(type, DEFINITION, { value: definition });
    known.push(definition);
  };
}

function assertDefinition(type: EventClass, name: string, version: number, upcast: Record<number, Upcaster>): void {
  if (!PERMANENT_NAME.test(name)) {
    throw new Error(
      `@DurableEvent on ${type.name}: "${name}" is no event name. Write <context>.<event-in-kebab>, such as 'ordering.order-placed'.`,
    );
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new Error(`@DurableEvent on ${type.name}: version ${version} is no version. Count from 1.`);
  }
  for (let older = 1; older < version; older += 1) {
    if (upcast[older] === undefined) {
      throw new Error(
        `@DurableEvent on ${type.name}: ${name} is at version ${version}, but nothing turns version ${older} into ${older + 1}. ` +
          `Add upcast: { ${older}: (data) => … }, or stored events of version ${older} can't be read.`,
      );
    }
  }
}

/** The definition of an event class or of an event, or undefined when it isn't durable. */
export function definitionOf(event: object): EventDefinition | undefined {
  const type = (typeof event === 'function' ? event : event.constructor) as { [DEFINITION]?: EventDefinition };
  return Object.hasOwn(type, DEFINITION) ? type[DEFINITION] : undefined;
}

/** Every event class that was loaded, in load order; names may repeat here (the registry refuses that at start). */
export function loadedEventDefinitions(): readonly EventDefinition[] {
  return known;
}
