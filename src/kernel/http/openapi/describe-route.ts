import type { OpenAPIObject } from '@nestjs/swagger';
import type { Route } from '../routes/route-book.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

const IDEMPOTENCY_KEY = header('Idempotency-Key', 'One effect for one key, however often it is sent; kept for 7 days.');
const CONSISTENCY_TOKEN = header(
  'Consistency-Token',
  'The latest one you were given: the answer waits until it shows that state.',
);
const PREFER = header('Prefer', 'wait=N (at most 10 seconds), handling=strict');

/** Adds what holds for every route of its kind, so that contexts describe only what is theirs. */
export function describeRoute(document: OpenAPIObject, route: Route): void {
  const operation = operationOf(document, route);
  if (operation === undefined) return;
  for (const parameter of operation.parameters ?? []) describeList(parameter);
  operation.parameters = [...(operation.parameters ?? []), ...parametersOf(route)];
  operation.responses = {
    ...operation.responses,
    default: { description: 'A problem; its code says which.', content: PROBLEM },
  };
  if (route.access === 'public' || route.access === undefined) return;
  operation.security = [{ bearer: [] }];
  operation.description = [operation.description, `Roles: ${route.access.join(', ')}.`].filter(Boolean).join('\n\n');
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
  return [IDEMPOTENCY_KEY, PREFER];
}

function header(name: string, description: string): Parameter {
  return { name, in: 'header', required: false, description, schema: { type: 'string' } };
}
