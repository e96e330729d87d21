import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { invalidInput, ProblemError } from '../problems/problem-error.js';

const ENTITY_TAG = /^(?:W\/)?"([\x21\x23-\x7e]*)"$/;
/** A version, as a command's answer has it, or with a view's addition behind the point. */
const VERSION_TAG = /^(\d{1,15})(?:\.[\w-]+)?$/;

export interface IfVersionOptions {
  /** Without a version the request is refused with 428. */
  readonly required?: boolean;
}

/**
 * The version in `If-Match`. `*` names none: it passes where a version is optional. A tag that isn't one of ours is a
 * mismatch; text that isn't an entity tag is malformed.
 *
 * RFC 9110 wants the strong comparison here (section 13.1.1), by which `W/"3"` never matches. We give strong tags only, so a
 * weak one is ours after a proxy has compressed the answer (nginx), and its client would be refused for ever. It is taken:
 * what is compared is the version in it, not the bytes of a representation, so no update can be lost by it.
 *
 * @throws ProblemError `version-required`, `version-mismatch` or `validation-failed`
 */
export function versionIn(header: string | undefined, { required = false }: IfVersionOptions = {}): number | undefined {
  if (header === undefined || header === '*') {
    if (required) throw new ProblemError('version-required', 'Send If-Match with the ETag of the resource you change.');
    return undefined;
  }
  const tag = ENTITY_TAG.exec(header);
  if (tag === null)
    throw invalidInput('header:If-Match', 'not-an-entity-tag', 'If-Match must be one ETag in quotes, unchanged.');
  const version = VERSION_TAG.exec(tag[1]!)?.[1];
  if (version === undefined)
    throw new ProblemError(
      'version-mismatch',
      'If-Match is not an ETag of this server. Read the resource again and send its ETag.',
    );
  return Number(version);
}

/** Whether `If-None-Match` names the tag; weak comparison, as RFC 9110 wants it here. */
export function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

const ifVersion = createParamDecorator((options: IfVersionOptions | undefined, context: ExecutionContext) =>
  versionIn(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'], options),
);

/** The version that the caller edits (`If-Match`), or undefined; with `required`, its absence answers 428. */
export function IfVersion(options: IfVersionOptions = {}): ParameterDecorator {
  const decorate = ifVersion(options);
  const required = options.required ?? false;
  const describe = ApiHeader({
    name: 'If-Match',
    required,
    description:
      'The ETag of the version you change; a W/ prefix added by a proxy is accepted. Any other version is refused with 412.',
  });
  return (target, method, index) => {
    decorate(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!);
    if (descriptor !== undefined) describe(target, method!, descriptor);
  };
}
