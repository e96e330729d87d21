import { Injectable, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/internal.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { hasRole, type Identity } from '../auth/identity.js';
import type { ResourceTemplate } from '../../../kernel/messages/message-context.js';
import {
  ACCESS,
  RESPONSE,
  ASYNC_RESOURCE,
  PATH_IDS,
  PROBE,
  type Access,
  type ResponseShape,
} from './route.decorators.js';

/** More than any template has; a longer path is none of a route. */
const MAX_SEGMENTS = 16;

type Handler = (...args: unknown[]) => unknown;
export type ControllerClass = new (...args: never[]) => object;

/** One route as its controller declares it. */
export interface Route {
  readonly method: string;
  /** `/v1/orders/:id`: part of the scope of idempotency keys, so a rename makes old keys new ones. */
  readonly template: string;
  /** The template between its slashes. */
  readonly segments: readonly string[];
  readonly controller: ControllerClass;
  readonly handlerName: string;
  readonly handler: Handler;
  /** Undefined: not declared, which stops the start. */
  readonly access: Access | undefined;
  readonly answer: ResponseShape;
  /** No limit of requests applies. */
  readonly isProbe: boolean;
  /** Parameters of the path that are UUIDs. */
  readonly pathIds: readonly string[];
  /** What it makes, also later, where `Prefer: respond-async` is heeded. */
  readonly resource: ResourceTemplate | undefined;
}

/** Every route of the controllers in this application: for access, limits, checks at the start, and 405. */
@Injectable()
export class RouteRegistry {
  readonly #byKey = new Map<string, Route>();
  #routes: readonly Route[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  get routes(): readonly Route[] {
    return (this.#routes ??= this.#collect());
  }

  /** The route that the router matched; a HEAD is answered by its GET. */
  find(method: string, template: string): Route | undefined {
    if (this.#routes === undefined) this.#routes = this.#collect();
    return this.#byKey.get(`${method === 'HEAD' ? 'GET' : method} ${template}`);
  }

  /** Methods that a path takes, for `Allow`; empty when no route has that path. */
  methodsOf(path: string): string[] {
    const methods = new Set<string>();
    const given = path.split('/', MAX_SEGMENTS + 1);
    for (const route of this.routes) {
      if (!matches(route.segments, given)) continue;
      methods.add(route.method);
      if (route.method === 'GET') methods.add('HEAD');
    }
    return [...methods].toSorted();
  }

  #collect(): readonly Route[] {
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (instance === undefined || metatype === null) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, Handler>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        for (const route of routesOf(metatype as unknown as ControllerClass, name, prototype[name]!)) {
          this.#byKey.set(`${route.method} ${route.template}`, route);
        }
      }
    }
    return [...this.#byKey.values()];
  }
}

/** Whether a route is open to a caller: by one of their roles, or because they operate the installation. */
export function mayCall(access: Access | undefined, { principal, isOperator }: Identity): boolean {
  if (access === undefined) return false;
  if (access === 'public') return true;
  if (access === 'operators') return isOperator;
  if (access === 'any-role') return principal.roles.length > 0;
  return hasRole(principal, ...access);
}

function routesOf(controller: ControllerClass, handlerName: string, handler: Handler): Route[] {
  const path = Reflect.getMetadata(PATH_METADATA, handler) as string | string[] | undefined;
  if (path === undefined) return [];
  const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number]!;
  const answer = (metadata(RESPONSE, handler, controller) as ResponseShape | undefined) ?? {};
  const resource = resourceOf(handler, answer);
  const prefixes = listOf(Reflect.getMetadata(PATH_METADATA, controller) as string | string[]);
  return prefixes.flatMap((prefix) =>
    listOf(path).map((rest) => ({
      method,
      template: joined(prefix, rest),
      segments: joined(prefix, rest).split('/'),
      controller,
      handlerName,
      handler,
      access: metadata(ACCESS, handler, controller) as Access | undefined,
      answer,
      isProbe: metadata(PROBE, handler, controller) === true,
      pathIds: (Reflect.getMetadata(PATH_IDS, handler) as readonly string[] | undefined) ?? [],
      resource,
    })),
  );
}

/** Undefined also where no template declares the path of what the route makes; that stops the start. */
function resourceOf(handler: Handler, { template }: ResponseShape): ResourceTemplate | undefined {
  const type = Reflect.getMetadata(ASYNC_RESOURCE, handler) as string | undefined;
  return type === undefined || template === undefined ? undefined : { type, href: template };
}

function metadata(key: string, handler: Handler, controller: ControllerClass): unknown {
  return Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
}

function listOf(path: string | readonly string[]): readonly string[] {
  return typeof path === 'string' ? [path] : path;
}

function joined(...parts: readonly string[]): string {
  const segments = parts.flatMap((part) => part.split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}

function matches(expected: readonly string[], given: readonly string[]): boolean {
  if (expected.length !== given.length) return false;
  return expected.every((segment, index) => (segment.startsWith(':') ? given[index] !== '' : segment === given[index]));
}
