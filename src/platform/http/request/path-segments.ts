import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Route } from '../routes/route-registry.js';
import { ProblemError } from '../problems/problem-error.js';
import { PATH_IDS } from '../routes/route.decorators.js';
import { isId } from '../validation/rules.js';

interface Segment {
  readonly name: string;
  /** The segment as the handler gets it, or undefined: nothing can be there. */
  readonly read: (text: string) => string | undefined;
}

/** A UUID from the path, in lower case; anything else (also the nil UUID) answers 404. */
export function PathId(name: string): ParameterDecorator {
  const decorate = segment({ name, read: idIn }, { type: 'string', format: 'uuid' });
  return (target, method, index) => {
    decorate(target, method, index);
    const handler = (target as Record<string | symbol, object>)[method!]!;
    const others = (Reflect.getMetadata(PATH_IDS, handler) as readonly string[] | undefined) ?? [];
    Reflect.defineMetadata(PATH_IDS, [...others, name], handler);
  };
}

/** A UUID in the spelling in which it is stored. */
function idIn(text: string): string | undefined {
  return isId(text) ? text.toLowerCase() : undefined;
}

/** The parameters of a path, with ids in their one spelling: an id in capitals is the same path. */
export function pathParams(params: unknown, { pathIds }: Pick<Route, 'pathIds'>): Readonly<Record<string, string>> {
  const given = params as Readonly<Record<string, string>>;
  const ids = pathIds.map((name) => [name, idIn(given[name] ?? '') ?? given[name]]);
  return { ...given, ...(Object.fromEntries(ids) as Record<string, string>) };
}

/** Text from the path that fits a pattern with `^` and `$`; anything else answers 404. */
export function PathText(name: string, pattern: RegExp): ParameterDecorator {
  const read = (text: string) => (pattern.test(text) ? text : undefined);
  return segment({ name, read }, { type: 'string', pattern: pattern.source });
}

const pathSegment = createParamDecorator(({ name, read }: Segment, context: ExecutionContext): string => {
  const params = context.switchToHttp().getRequest<FastifyRequest>().params as Readonly<Record<string, string>>;
  const value = read(params[name] ?? '');
  if (value === undefined) throw new ProblemError('not-found', 'Not found. Check the id.');
  return value;
});

function segment(given: Segment, schema: { type: 'string'; format?: string; pattern?: string }): ParameterDecorator {
  const decorate = pathSegment(given);
  return (target, method, index) => {
    decorate(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!);
    if (descriptor !== undefined) ApiParam({ name: given.name, schema })(target, method!, descriptor);
  };
}
