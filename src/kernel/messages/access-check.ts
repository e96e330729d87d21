import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

const ACCESS_CHECK = Symbol('waybill:access-check');

/** Decides whether the sender of a message may act on, or learn of, the object that the message names. A provider. */
export interface AccessCheck<M extends object = object> {
  /**
   * Reads as little as possible: a caller without access must not be able to make the server work, nor distinguish an absent
   * object from a foreign one by the time that the refusal takes.
   *
   * @throws NotFound, in the same words for absent and foreign objects
   */
  assertAccess(message: M): Promise<void>;
}

/**
 * On a handler of commands or queries: the check that the bus makes before anything else. A stored answer is replayed, a
 * command is accepted for later, and the freshness of a view is reported only after it has passed.
 * @example `@CheckAccess(OrderAccess)`
 */
export function CheckAccess<M extends object>(check: Type<AccessCheck<M>>): ClassDecorator {
  return (handler) => Reflect.defineMetadata(ACCESS_CHECK, check, handler);
}

/** The check of a message's handler; undefined where it has none. */
export function accessCheckOf(
  handler: Type<object> | undefined,
  message: object,
  modules: ModuleRef,
): Promise<void> | undefined {
  if (handler === undefined) return undefined;
  const check = Reflect.getMetadata(ACCESS_CHECK, handler) as Type<AccessCheck> | undefined;
  return check === undefined ? undefined : modules.get<AccessCheck>(check, { strict: false }).assertAccess(message);
}
