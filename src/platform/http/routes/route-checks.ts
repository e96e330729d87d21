import 'reflect-metadata';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal.js';
import type { InputClass } from '../validation/input-class.js';
import { InputReader } from '../validation/input-reader.js';
import { ASYNC_RESOURCE } from './route.decorators.js';
import { RouteRegistry, type Route } from './route-registry.js';

interface Argument {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
}

const KINDS = [
  { name: '@Body()', type: RouteParamtypes.BODY },
  { name: '@Query()', type: RouteParamtypes.QUERY },
  { name: '@Param()', type: RouteParamtypes.PARAM },
] as const;

const NO_CLASSES = new Set<unknown>([undefined, Object, String, Number, Boolean, Array, Function, Promise, Map, Set]);

/**
 * Stops the start when a route doesn't declare who may call it, or takes input that nothing checks: an interface leaves
 * no trace at run time, so a body typed by one would pass unchecked.
 */
@Injectable()
export class RouteChecks implements OnModuleInit {
  constructor(private readonly routes: RouteRegistry) {}

  /** @throws Error listing every faulty route at once. */
  onModuleInit(): void {
    const faults = this.routes.routes.flatMap((route) => [
      ...accessFaults(route),
      ...asyncFaults(route),
      ...inputFaults(route),
    ]);
    if (faults.length === 0) return;
    throw new Error(
      `These routes can't be served:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n` +
        'How a controller is written: src/platform/http/README.md',
    );
  }
}

/** Whether a route takes a body or query parameters at all. */
export function takes(route: Route, kind: 'body' | 'query'): boolean {
  return argumentsOf(route, kind === 'body' ? RouteParamtypes.BODY : RouteParamtypes.QUERY).length > 0;
}

/** The class of the `@Query()` parameter. */
export function inputClassOf(route: Route, { index }: { readonly index: number }): unknown {
  const types = Reflect.getMetadata(PARAMTYPES_METADATA, route.controller.prototype as object, route.handlerName) as
    readonly unknown[] | undefined;
  return types?.[index];
}

function accessFaults(route: Route): string[] {
  if (route.access !== undefined) return [];
  return [`${titleOf(route)} has no roles. Add @Roles('customer', …) or @Public() to the method or the class.`];
}

function asyncFaults(route: Route): string[] {
  const isMarked = Reflect.hasMetadata(ASYNC_RESOURCE, route.handler);
  if (!isMarked || (route.method === 'POST' && route.resource !== undefined)) return [];
  return [
    `${titleOf(route)} has @MayRespondAsync, which is for POST routes with @Creates: an operation names what it created.`,
  ];
}

function inputFaults(route: Route): string[] {
  return KINDS.flatMap(({ name, type }) =>
    argumentsOf(route, type)
      .map((argument) => inputFault(route, name, argument))
      .filter((fault) => fault !== undefined),
  );
}

function inputFault(route: Route, kind: string, argument: Argument): string | undefined {
  const where = `${titleOf(route)}: parameter ${argument.index + 1}`;
  if (argument.data !== undefined) {
    return kind === '@Param()'
      ? `${where} takes one path segment unchecked. Use @PathId('…') or @PathText('…', /pattern/).`
      : `${where} picks one field out of ${kind}. Take the whole, typed by a class.`;
  }
  const type = inputClassOf(route, argument);
  if (NO_CLASSES.has(type))
    return `${where} (${kind}) has no input class. Interfaces and inline types do not exist at run time.`;
  try {
    InputReader.for(type as InputClass);
    return undefined;
  } catch (error) {
    return `${where} (${kind}): ${(error as Error).message}`;
  }
}

function argumentsOf(route: Route, type: RouteParamtypes): Argument[] {
  const all = (Reflect.getMetadata(ROUTE_ARGS_METADATA, route.controller, route.handlerName) ?? {}) as Record<
    string,
    Argument
  >;
  return Object.entries(all)
    .filter(([key]) => key.startsWith(`${type}:`))
    .map(([, argument]) => argument);
}

function titleOf(route: Route): string {
  return `${route.method} ${route.template} (${route.controller.name}.${route.handlerName})`;
}
