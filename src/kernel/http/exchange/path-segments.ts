import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { isId } from '../validation/rules.js';

interface Segment {
  readonly name: string;
  /** The segment as the handler gets it, or undefined: nothing can be there. */
  readonly read: (text: string) => string | undefined;
}

/** A UUID from the path, in lower case; anything else (also the nil UUID) answers 404. */
export function PathId(name: string): ParameterDecorator {
  return segment(
    { name, read: (text) => (isId(text) ? text.toLowerCase() : undefined) },
    { type: 'string', format: 'uuid' },
  );
}

/** Text from the path that fits a pattern with `^` and `$`; anything else answers 404. */
export function PathText(name: string, pattern: RegExp): ParameterDecorator {
  const read = (text: string) => (pattern.test(text) ? text : undefined);
  return segment({ name, read }, { type: 'string', pattern: pattern.source });
}

const pathSegment = createParamDecorator(({ name, read }: Segment, context: ExecutionContext): string => {
  const params = context.switchToHttp().getRequest<FastifyRequest>().params as Readonly<Record<string, string>>;
  const value = read(params[name] ?? '');
  if (value === undefined) throw new ProblemError('not-found', 'There is nothing under this id.');
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
