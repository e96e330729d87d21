import type { OpenAPIObject } from '@nestjs/swagger';
import { roleRules } from '../auth/role-rules.js';
import type { Route } from '../routes/route-registry.js';
import type { Access } from '../routes/route.decorators.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

const IDEMPOTENCY_KEY = header(
  'Idempotency-Key',
  'Makes retries safe: a command takes effect once for its key. Keys are stored for 7 days.',
);
const CONSISTENCY_TOKEN = header(
  'Consistency-Token',
  'The latest token you received. The read waits until the view includes that state.',
);
const PREFER = header('Prefer', 'wait=N (at most 10 seconds), handling=strict');
const PREFER_ASYNC = header(
  'Prefer',
  'respond-async: 202 with an operation once the command is stored. wait=N: at most 10 seconds.',
);
const ACCEPTED = {
  description: 'Stored. The command is executed as this operation (Prefer: respond-async).',
  headers: {
    Location: { description: 'The operation.', schema: { type: 'string' } },
    'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
  },
  content: { 'application/json': { schema: { $ref: '#/components/schemas/OperationBody' } } },
} as const;

const TOO_MANY = {
  description: 'Too many requests (`rate-limited`), or the server is overloaded (`overloaded`). Nothing was executed.',
  headers: {
    'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
    RateLimit: {
      description:
        '`"customer";r=187;t=8`: 187 requests are left for 8 seconds. On every response to a limited caller.',
      schema: { type: 'string' },
    },
    'RateLimit-Policy': {
      description: '`"customer";q=200;w=10`: 200 requests within 10 seconds.',
      schema: { type: 'string' },
    },
  },
  content: PROBLEM,
} as const;

/** Adds what holds for every route of its kind, so that contexts describe only what is theirs. */
export function describeRoute(document: OpenAPIObject, route: Route): void {
  const operation = operationOf(document, route);
  if (operation === undefined) return;
  for (const parameter of operation.parameters ?? []) describeList(parameter);
  operation.parameters = [...(operation.parameters ?? []), ...parametersOf(route)];
  if (route.method === 'GET' && route.access !== 'public') describeFreshness(operation);
  operation.responses = { ...operation.responses, ...responsesOf(route) };
  if (route.access === 'public' || route.access === undefined) return;
  operation.security = [{ bearer: [] }];
  operation.description = [operation.description, callersOf(route.access)].filter(Boolean).join('\n\n');
}

function responsesOf({ resource, isProbe }: Route): Operation['responses'] {
  return {
    ...(resource === undefined ? {} : { 202: ACCEPTED }),
    ...(isProbe ? {} : { 429: TOO_MANY }),
    default: { description: 'A problem (RFC 9457). Branch on `code`.', content: PROBLEM },
  };
}

function callersOf(access: Exclude<Access, 'public'>): string {
  if (access === 'operators') return 'For operators of the installation.';
  const { roles, administrator } = roleRules();
  const named = access === 'any-role' ? roles.filter((role) => role !== administrator) : access;
  return `Roles: ${named.join(', ')}.`;
}

const FRESHNESS_HEADERS = {
  'Consistency-Token': {
    description: 'The state that this response includes. Send it with your next request.',
    schema: { type: 'string' as const },
  },
  'Consistency-Status': {
    description:
      'Absent: the view is complete. `stale; behind=142`: the view is 142 positions behind your token. ' +
      '`retrying=1`, `waiting=2`, `dead-lettered=1`: events of the resource that the view has not applied, because they are retried, ' +
      'wait behind another event of their key, or wait for an operator. `rebuilding; behind=9870`: the view is being rebuilt, ' +
      'so that it may lack what earlier responses included. `unknown-epoch`: the token was issued before a restore.',
    schema: { type: 'string' as const },
  },
};

function describeFreshness({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (status.startsWith('2') && response !== undefined && 'description' in response)
      response.headers = { ...response.headers, ...FRESHNESS_HEADERS };
  }
}

/** A list in a query is written with commas; given twice it is refused. */
function describeList(parameter: Parameter): void {
  if (!('in' in parameter) || parameter.in !== 'query') return;
  const { schema } = parameter;
  if (schema !== undefined && 'type' in schema && schema.type === 'array')
    Object.assign(parameter, { style: 'form', explode: false });
}

function operationOf(document: OpenAPIObject, { method, template }: Route): Operation | undefined {
  const path = document.paths[template.replaceAll(/:(\w+)/g, '{$1}')];
  return path?.[method.toLowerCase() as 'get'];
}

function parametersOf(route: Route): Parameter[] {
  if (route.access === 'public') return [];
  if (route.method === 'GET') return [CONSISTENCY_TOKEN, PREFER];
  return [IDEMPOTENCY_KEY, route.resource === undefined ? PREFER : PREFER_ASYNC];
}

function header(name: string, description: string): Parameter {
  return { name, in: 'header', required: false, description, schema: { type: 'string' } };
}
