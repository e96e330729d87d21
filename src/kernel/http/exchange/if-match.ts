import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { invalidInput, ProblemError } from '../problems/problem-error.js';

const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e]*)"$/;
/** A version, as a command's answer has it, or with a view's addition behind the point. */
const VERSION_TAG = /^(\d{1,15})(?:\.[\w-]+)?$/;

export interface IfVersionOptions {
  /** Without a version the request is refused with 428. */
  readonly required?: boolean;
}

/**
 * The version in `If-Match`. `*` names none: it passes where a version is optional. A tag that can't match any version
 * (weak, or not one of ours) is a mismatch; text that isn't an entity tag is malformed.
 *
 * @throws ProblemError `version-required`, `version-mismatch` or `validation-failed`
 */
export function versionIn(header: string | undefined, { required = false }: IfVersionOptions = {}): number | undefined {
  if (header === undefined || header === '*') {
    if (required) throw new ProblemError('version-required', 'Send If-Match with the ETag of what you edit.');
    return undefined;
  }
  const tag = ENTITY_TAG.exec(header);
  if (tag === null)
    throw invalidInput('header:If-Match', 'not-an-entity-tag', 'If-Match takes one ETag as it was given, in quotes.');
  const version = tag[1] === undefined ? VERSION_TAG.exec(tag[2]!)?.[1] : undefined;
  if (version === undefined)
    throw new ProblemError('version-mismatch', 'If-Match names a version that never was. Read it again.');
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
    description: 'The ETag that you edit; another version: 412.',
  });
  return (target, method, index) => {
    decorate(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!);
    if (descriptor !== undefined) describe(target, method!, descriptor);
  };
}
