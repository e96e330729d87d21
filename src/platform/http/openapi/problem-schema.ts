import type { OpenAPIObject } from '@nestjs/swagger';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** RFC 9457 with our members. Refusals add facts of their own, such as `currentVersion`. */
export const PROBLEM_SCHEMA: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'retryable', 'traceId'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'Leads to what the code means and what to do about it.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri', description: 'urn:uuid of this answer; name it when you ask for help.' },
    code: { type: 'string', description: 'Permanent; branch on it.' },
    errors: {
      type: 'array',
      maxItems: 20,
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
    retryable: { type: 'boolean', description: 'May the very same request succeed later?' },
    traceId: { type: 'string' },
  },
  additionalProperties: true,
};
