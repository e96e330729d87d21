/** Which method of a class reacts to which event class; filled by {@link On}, inherited by subclasses. */
const REACTIONS: unique symbol = Symbol.for('waybill.reactions');
/** The event classes that a class itself reacts to, without what it inherits. */
const OWN: unique symbol = Symbol.for('waybill.own-reactions');

export type EventClass<E extends object = object> = abstract new (...args: never[]) => E;

type Reactions = Map<EventClass, string>;
interface Reacting {
  [REACTIONS]?: Reactions;
  [OWN]?: Set<EventClass>;
}

/**
 * Declares that a method reacts to an event class. Two kinds of class use it: an aggregate, whose method takes the event
 * and changes the state; and a projection, whose method takes `(row, event, meta)` and returns the new row.
 *
 * A subclass inherits the reactions, and may react to an event otherwise.
 *
 * @throws Error when one class reacts twice to one event: the second method would silently win.
 */
export function On<E extends object>(event: EventClass<E>) {
  return (target: object, method: string): void => {
    const reacting = target.constructor as Reacting;
    const reactions: Reactions = new Map(reacting[REACTIONS]);
    const own = Object.hasOwn(reacting, OWN) ? reacting[OWN]! : new Set<EventClass>();
    if (own.has(event)) {
      throw new Error(
        `${target.constructor.name} reacts to ${event.name} in both ${reactions.get(event)}() and ${method}(). Keep one method per event.`,
      );
    }
    reacting[OWN] = own.add(event);
    reacting[REACTIONS] = reactions.set(event, method);
  };
}

/** The event classes a class reacts to, with the name of the method for each. */
export function reactionsOf(target: abstract new (...args: never[]) => object): ReadonlyMap<EventClass, string> {
  return (target as Reacting)[REACTIONS] ?? new Map<EventClass, string>();
}
