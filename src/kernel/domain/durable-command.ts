import { PERMANENT_NAME } from './permanent-name.js';

/** What a command class is called where it is stored. Permanent, as an event's name is. */
const NAME: unique symbol = Symbol.for('waybill.durable-command');

type CommandClass = abstract new (...args: never[]) => object;
const known = new Map<string, CommandClass>();

/**
 * Gives a command class its permanent name, so that it can be stored and executed later. Its fields must be JSON-safe.
 *
 * @throws Error for a malformed name, or one that another class has.
 * @example
 * ```ts
 * @DurableCommand('ordering.expire-draft')
 * export class ExpireDraftCommand { constructor(readonly orderId: string) {} }
 * ```
 */
export function DurableCommand(name: string): ClassDecorator {
  return (target) => {
    const type = target as unknown as CommandClass;
    if (!PERMANENT_NAME.test(name)) {
      throw new Error(
        `@DurableCommand on ${type.name}: "${name}" is no command name. Write <context>.<command-in-kebab>.`,
      );
    }
    const other = known.get(name);
    if (other !== undefined)
      throw new Error(`Two commands are called ${name}: ${other.name} and ${type.name}. Give one another name.`);
    known.set(name, type);
    Object.defineProperty(type, NAME, { value: name });
  };
}

/** The permanent name of a command, or undefined when it has none. */
export function durableNameOf(command: object): string | undefined {
  return (command.constructor as { [NAME]?: string })[NAME];
}

/** A stored command as an instance of its class again, or undefined when this release doesn't know the name. */
export function reviveCommand(name: string, data: object): object | undefined {
  const type = known.get(name);
  return type === undefined ? undefined : Object.assign(Object.create(type.prototype as object) as object, data);
}
