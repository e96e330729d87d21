import 'reflect-metadata';
import { ValidateNested } from 'class-validator';

/** A class whose decorated properties are what a client may send. Built without arguments; initialisers are defaults. */
export type InputClass<T extends object = object> = new () => T;

/** Turns the text of one query parameter (`undefined`: absent) into a value, or returns what is wrong with it. */
export type QueryReader = (text: string | undefined) => { readonly value: unknown } | { readonly problem: string };

const READERS = 'waybill:query-readers';

/** Marks a property as read from the query string by a function of its own instead of by its rules. */
export function readBy(reader: QueryReader): PropertyDecorator {
  return (prototype, property) => {
    const readers = new Map(readersOf(prototype)).set(String(property), reader);
    Reflect.defineMetadata(READERS, readers, prototype);
  };
}

export function readersOf(prototype: object): ReadonlyMap<string, QueryReader> {
  return (Reflect.getMetadata(READERS, prototype) as ReadonlyMap<string, QueryReader> | undefined) ?? new Map();
}

const NESTED = 'waybill:nested-class';

/** An object, or a list of objects, of an input class of its own. A function, because that class may be declared later. */
export function Nested(classOf: () => InputClass): PropertyDecorator {
  return (prototype, property) => {
    ValidateNested()(prototype, property);
    Reflect.defineMetadata(NESTED, classOf, prototype, property);
  };
}

export function nestedClassOf(type: InputClass, property: string): InputClass | undefined {
  const classOf = Reflect.getMetadata(NESTED, type.prototype as object, property) as (() => InputClass) | undefined;
  return classOf?.();
}
