interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
}

interface Operation {
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A route as the API describes it: a new one enters every table of these specs by itself. */
export interface ApiRoute {
  /** `POST /v1/orders/{id}/lines` */
  readonly name: string;
  readonly method: string;
  readonly template: string;
  /** Empty: public. */
  readonly roles: readonly string[];
  readonly pathParameters: readonly string[];
  readonly queryParameters: readonly string[];
  /** Paths to all fields of the body: `['lines', '0', 'sku']`; none where there is no body. */
  readonly fields: readonly (readonly string[])[];
  readonly hasBody: boolean;
}

const MAX_DEPTH = 6;

export function routesOf(document: OpenApi): ApiRoute[] {
  return Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => routeOf(document, template, method.toUpperCase(), operation)),
  );
}

function routeOf(document: OpenApi, template: string, method: string, operation: Operation): ApiRoute {
  const named = (where: string): string[] =>
    (operation.parameters ?? []).filter((parameter) => parameter.in === where).map(({ name }) => name);
  const body = operation.requestBody?.content['application/json']?.schema;
  return {
    name: `${method} ${template}`,
    method,
    template,
    roles: operation.security === undefined ? [] : rolesOf(operation),
    pathParameters: [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!),
    queryParameters: named('query'),
    fields: body === undefined ? [] : fieldsOf(document, body, [], 0),
    hasBody: body !== undefined,
  };
}

function rolesOf({ description = '' }: Operation): string[] {
  if (description.includes('For operators of the installation.')) return ['operator', 'admin'];
  const roles = /Roles: ([a-z, ]+)\./.exec(description)?.[1];
  if (roles === undefined) throw new Error(`A route needs a token but names no roles: ${description}`);
  return [...roles.split(', '), 'admin'];
}

function fieldsOf(document: OpenApi, schema: Schema, path: readonly string[], depth: number): (readonly string[])[] {
  if (depth > MAX_DEPTH) return [];
  const parts = [schema, ...(schema.allOf ?? [])].map((part) => resolved(document, part));
  return parts.flatMap(({ properties, items }) => [
    ...Object.entries(properties ?? {}).flatMap(([name, of]) => [
      [...path, name],
      ...fieldsOf(document, of, [...path, name], depth + 1),
    ]),
    ...(items === undefined ? [] : fieldsOf(document, items, [...path, '0'], depth + 1)),
  ]);
}

function resolved({ components }: OpenApi, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (components.schemas[name] ?? {});
}
