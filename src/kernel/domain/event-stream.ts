import type { EventClass } from './on.js';
import { PERMANENT_NAME } from './permanent-name.js';

interface Declaration {
  readonly prefix: string;
  readonly id: (aggregate: object) => unknown;
}

const DECLARATION: unique symbol = Symbol.for('waybill.event-stream');

/**
 * Names the stream of an `AggregateRoot` of `@nestjs/cqrs`: its events are kept and handled in the order in which the
 * aggregate published them. Subclasses, also those of `mergeClassContext`, have the stream of their base class.
 *
 * @param prefix `<context>.<aggregate-in-kebab>`: permanent, and never derived from the class.
 * @param options.id where the aggregate's id is read; default: its property `id`.
 * @throws Error for a malformed prefix.
 * @example
 * ```ts
 * @EventStream('heroes.hero')
 * export class Hero extends AggregateRoot { constructor(readonly id: string) { super(); } }
 * ```
 */
export function EventStream(
  prefix: string,
  { id = ownId }: { readonly id?: (aggregate: never) => unknown } = {},
): ClassDecorator {
  if (!PERMANENT_NAME.test(prefix)) {
    throw new Error(
      `@EventStream('${prefix}') is no name of a stream. Write <context>.<aggregate-in-kebab>, such as 'heroes.hero'.`,
    );
  }
  return (target) => {
    const value: Declaration = { prefix, id: id as Declaration['id'] };
    Object.defineProperty(target, DECLARATION, { value });
  };
}

const ownId = ({ id }: { readonly id?: unknown }): unknown => id;

/**
 * The stream that an aggregate's class declares, as `<prefix>:<id>`; undefined where it declares none.
 *
 * @throws Error for an aggregate without an id.
 */
export function declaredStreamOf(aggregate: object): string | undefined {
  const type = aggregate.constructor as EventClass & { [DECLARATION]?: Declaration };
  const declared = type[DECLARATION];
  if (declared === undefined) return undefined;
  const id = declared.id(aggregate);
  if ((typeof id === 'string' && id !== '') || typeof id === 'number') return `${declared.prefix}:${id}`;
  throw new Error(
    `${classNameOf(aggregate)} has no id, so its events have no stream. Give it a property \`id\`, ` +
      `or write @EventStream('${declared.prefix}', { id: (aggregate) => … }).`,
  );
}

/** The name of an object's class, also behind the unnamed class that `mergeClassContext` makes. */
export function classNameOf(object: object): string {
  for (let type = object.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type) as typeof type)
    if (type.name !== '') return type.name;
  return 'An object';
}
