import type { Type } from '@nestjs/common';

/** What Nest's explorer hands to a bus for each handler: the wrapper of the provider. */
export interface HandlerWrapper {
  readonly metatype: unknown;
  readonly instance?: object | undefined;
  readonly inject?: unknown;
}

/** The handler's class, also when a factory or an alias provides it. */
export function handlerType(handler: HandlerWrapper): Type<object> {
  return (
    handler.inject === undefined || handler.inject === null
      ? (handler.metatype ?? handler.instance?.constructor)
      : handler.instance?.constructor
  ) as Type<object>;
}

/**
 * Keeps one handler per message. The same class provided by two modules, or under an alias, counts once.
 *
 * @returns whether this one is to be registered.
 * @throws Error when another class handles the message already: natively, the later one silently wins.
 */
export function admitHandler(
  known: Map<string, Type<object>>,
  of: { id: string; type: Type<object>; message: string; kind: 'command' | 'query' },
): boolean {
  const other = known.get(of.id);
  if (other === undefined) {
    known.set(of.id, of.type);
    return true;
  }
  if (other === of.type) return false;
  throw new Error(
    `${of.message} has two handlers, ${other.name} and ${of.type.name}. A ${of.kind} has exactly one: ` +
      'delete one of the two, or give it a message of its own.',
  );
}
