import type { OpenAPIObject } from '@nestjs/swagger';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** RFC 9457 with our members. Refusals add facts of their own, such as `currentVersion`. */
export const PROBLEM_SCHEMA: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'retryable', 'traceId'],
  properties: {
    type: {
      type: 'string',
      format: 'uri',
      description: 'URL of the documentation of the code: its meaning and what to do.',
    },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: {
      type: 'string',
      format: 'uri',
      description: 'urn:uuid of this response. Quote it when you ask for help.',
    },
    code: { type: 'string', description: 'Stable. Branch on it.' },
    errors: {
      type: 'array',
      maxItems: 20,
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
    retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
    traceId: { type: 'string' },
  },
  additionalProperties: true,
};
