import { randomUUID } from 'node:crypto';
import type { ApiRoute } from './routes.js';
import type { Target } from './target.js';

export const SHIP_TO = { name: 'Ada Example', street: '1 Main Street', city: 'Springfield', country: 'US' };
const REASON = { reason: 'because the spec says so' };
const LINE = { sku: 'TEE', quantity: 1 };
const EUROS = { amount: 1999, currency: 'EUR' };
const DISCOUNT = { amount: { amount: 5, currency: 'EUR' }, ...REASON };

/** A body that each route takes. A route with a body that isn't here fails the specs, which say so. */
const BODIES: Readonly<Record<string, () => unknown>> = {
  'POST /ops/v1/subscriptions/{name}/partitions': () => ({ partitions: 2, ...REASON }),
  'POST /ops/v1/subscriptions/{name}/pause': () => REASON,
  'POST /ops/v1/subscriptions/{name}/resume': () => REASON,
  'POST /ops/v1/subscriptions/{name}/restart': () => ({ from: 'now', ...REASON }),
  'POST /ops/v1/projections/{name}/rebuild': () => REASON,
  'POST /ops/v1/dead-letters/retry': () => ({ filter: {}, ...REASON }),
  'POST /ops/v1/dead-letters/{id}/discard': () => REASON,
  'POST /ops/v1/dead-letters/{id}/edit-and-retry': () => ({ data: {}, ...REASON }),
  'POST /v1/products': () => ({
    sku: `S-${randomUUID().slice(0, 8).toUpperCase()}`,
    name: 'A thing',
    unitPrice: EUROS,
  }),
  'PATCH /v1/products/{sku}': () => ({ name: 'Another name' }),
  'POST /v1/products/{sku}/prices': () => ({ unitPrice: EUROS }),
  'POST /v1/customers': () => ({ customerId: `c-${randomUUID()}`, name: 'Somebody' }),
  'PATCH /v1/customers/{customerId}': () => ({ name: 'Somebody Else' }),
  'PATCH /v1/me': () => ({ name: 'Ada Else' }),
  'POST /v1/orders': () => ({ lines: [LINE], shipTo: SHIP_TO, paymentMethodToken: 'tok_ok' }),
  'POST /v1/orders/drafts': () => ({}),
  'POST /v1/orders/{id}/lines': () => LINE,
  'PATCH /v1/orders/{id}/lines/{lineId}': () => ({ quantity: 2 }),
  'PUT /v1/orders/{id}/delivery': () => ({ shipTo: SHIP_TO }),
  'POST /v1/orders/{id}/discounts': () => DISCOUNT,
  'POST /v1/orders/{id}/place': () => ({ paymentMethodToken: 'tok_ok' }),
};

/** At which version the objects are that commands get. */
const VERSIONS = [
  ['/v1/orders/{id}', 5],
  ['/v1/customers/{customerId}', 1],
  ['/v1/products/{sku}', 1],
] as const;

/** Objects with versions, at the start of the paths of their commands. */
const OBJECT_PATHS = [
  /^\/v1\/orders\/(?!drafts$)[^/]+/,
  /^\/v1\/customers\/[^/]+/,
  /^\/v1\/products\/[^/]+/,
  /^\/v1\/me$/,
];

/** Whose an object is, for a customer; other callers tell only whether there is one. */
export type Ownership = 'own' | 'foreign' | 'absent' | 'malformed';

export interface Owner {
  readonly id: string;
  readonly token: string;
}

interface Draft {
  readonly id: string;
  readonly lineId: string;
  readonly discountId: string;
}

/** Two customers with drafts and orders, and what else there is to name in a path. */
export class Shop {
  readonly #orders = new Map<string, Promise<string>>();
  readonly #operations = new Map<string, Promise<string>>();

  private constructor(
    private readonly target: Target,
    readonly ada: Owner,
    readonly bob: Owner,
  ) {}

  static async open(target: Target): Promise<Shop> {
    const manager = await target.token('mary', 'manager');
    // One is ordered; the other one is changed and discontinued.
    for (const sku of ['TEE', EXISTING['sku']])
      await taken(target, 'POST', '/v1/products', manager, { sku, name: `The ${sku}`, unitPrice: EUROS });
    const customer = async (id: string): Promise<Owner> => ({ id, token: await target.token(id, 'customer') });
    const shop = new Shop(target, await customer('ada'), await customer('bob'));
    await Promise.all([shop.#order(shop.ada), shop.#order(shop.bob)]);
    return shop;
  }

  /** @returns undefined where the route takes none */
  bodyFor(route: ApiRoute): unknown {
    if (!route.hasBody) return undefined;
    const body = BODIES[route.name];
    if (body === undefined)
      throw new Error(`${route.name} takes a body. Add one that it accepts to BODIES of test/security/shop.ts.`);
    return body();
  }

  /** The route's path for an object of somebody; a command gets one that nothing has been done to. */
  async pathFor(route: ApiRoute, ownership: Ownership): Promise<string> {
    const values = await this.#valuesFor(route, ownership);
    return route.template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name]!));
  }

  /** What a change must name. */
  headersFor({ method, template }: ApiRoute): Readonly<Record<string, string>> {
    const version = VERSIONS.find(([of]) => template.startsWith(of))?.[1];
    return method === 'GET' || version === undefined ? {} : { 'if-match': `"${version}"` };
  }

  /** What a change must name, when the object may have been changed before: its version of now. */
  async headersNow(
    route: ApiRoute,
    path: string,
    token: string | undefined,
  ): Promise<Readonly<Record<string, string>>> {
    const object = OBJECT_PATHS.map((pattern) => pattern.exec(path)?.[0]).find((found) => found !== undefined);
    if (route.method === 'GET' || object === undefined) return {};
    const { headers } = await this.target.ask('GET', object, { token });
    return headers.etag === undefined ? {} : { 'if-match': headers.etag };
  }

  /** A draft with two lines, a delivery and a discount, ready to be placed: version 5. */
  async draft(owner: Owner): Promise<Draft> {
    const { id } = await taken<{ id: string }>(this.target, 'POST', '/v1/orders/drafts', owner.token, {});
    const at = (version: number) => ({ 'if-match': `"${version}"` });
    const made = <T>(method: string, what: string, token: string, body: unknown, version: number): Promise<T> =>
      taken<T>(this.target, method, `/v1/orders/${id}/${what}`, token, body, at(version));
    const sam = await this.target.token('sam', 'support');
    await made('POST', 'lines', owner.token, LINE, 1);
    const { lineId } = await made<{ lineId: string }>('POST', 'lines', owner.token, LINE, 2);
    await made('PUT', 'delivery', owner.token, { shipTo: SHIP_TO }, 3);
    const { discountId } = await made<{ discountId: string }>('POST', 'discounts', sam, DISCOUNT, 4);
    return { id, lineId, discountId };
  }

  async #valuesFor(route: ApiRoute, ownership: Ownership): Promise<Record<string, string>> {
    const { template } = route;
    if (ownership === 'malformed') return everywhere(route, 'no such thing!');
    if (ownership === 'absent') return { ...everywhere(route, 'absent'), ...absentIds(route) };
    const owner = ownership === 'own' ? this.ada : this.bob;
    if (template.startsWith('/v1/operations')) return { id: await this.#operation(owner) };
    if (!template.startsWith('/v1/orders')) return EXISTING;
    if (route.method === 'GET') return this.#readable(route, owner);
    return { ...(await this.draft(owner)) };
  }

  async #readable({ template }: ApiRoute, owner: Owner): Promise<Record<string, string>> {
    if (template.endsWith('/quote')) return { ...(await this.draft(owner)) };
    return { id: await this.#order(owner), idOrNumber: await this.#order(owner) };
  }

  #order(owner: Owner): Promise<string> {
    return once(this.#orders, owner.id, async () => {
      const body = { lines: [LINE], shipTo: SHIP_TO };
      return (await taken<{ id: string }>(this.target, 'POST', '/v1/orders', owner.token, body)).id;
    });
  }

  #operation(owner: Owner): Promise<string> {
    return once(this.#operations, owner.id, async () => {
      const later = { token: owner.token, headers: { prefer: 'respond-async', 'idempotency-key': randomUUID() } };
      const body = { lines: [LINE], shipTo: SHIP_TO };
      const { status, headers, text } = await this.target.ask('POST', '/v1/orders', { ...later, body });
      if (status !== 202) throw new Error(`An order was not accepted: ${status} ${text}`);
      return headers.location!.split('/').at(-1)!;
    });
  }
}

/** What there is one of, whoever asks. */
const EXISTING: Readonly<Record<string, string>> = {
  sku: 'MUG',
  customerId: 'ada',
  code: 'not-found',
  name: 'ordering.order-search',
  id: '1',
  reference: '1',
};

function absentIds({ template, pathParameters }: ApiRoute): Record<string, string> {
  const isNumbered = template.startsWith('/ops/v1/dead-letters') || template.startsWith('/ops/v1/events');
  const ids = pathParameters.filter((name) => !['sku', 'customerId', 'code', 'name'].includes(name));
  return Object.fromEntries(ids.map((name) => [name, isNumbered ? '999999999' : randomUUID()]));
}

function everywhere({ pathParameters }: ApiRoute, value: string): Record<string, string> {
  return Object.fromEntries(pathParameters.map((name) => [name, value]));
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

async function taken<T>(
  target: Target,
  method: string,
  path: string,
  token: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { status, text, body: result } = await target.ask(method, path, { token, body, headers });
  if (status >= 300) throw new Error(`${method} ${path} answers ${status}: ${text}`);
  return result as T;
}
