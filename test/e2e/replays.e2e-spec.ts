import { ServedWaybill, type Client } from '../support/served-waybill.js';
import { shipTo } from '../support/ordering-app.js';

type Role = Parameters<ServedWaybill['as']>[1];

interface Sent {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** A request about a draft of Bob's, which has two lines, an address, and four events. */
interface OrderRequest {
  readonly name: string;
  readonly method: 'post' | 'put' | 'patch' | 'delete';
  /** Behind `/v1/orders/`; `{id}` and `{line}` are filled in. */
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Whether customers may call the route at all. */
  readonly isForStaff?: true;
}

const eur = (amount: number): object => ({ amount, currency: 'EUR' });
const version = { 'if-match': '"4"' };

/** Every command that acts on an order, with a result or a refusal that is stored under its key. */
const REQUESTS: readonly OrderRequest[] = [
  {
    name: 'a line',
    method: 'post',
    path: '{id}/lines',
    body: { sku: 'TEE', quantity: 1 },
    headers: version,
    status: 200,
  },
  {
    name: 'a quantity',
    method: 'patch',
    path: '{id}/lines/{line}',
    body: { quantity: 5 },
    headers: version,
    status: 200,
  },
  { name: 'a line less', method: 'delete', path: '{id}/lines/{line}', headers: version, status: 200 },
  { name: 'a delivery', method: 'put', path: '{id}/delivery', body: { shipTo }, headers: version, status: 200 },
  {
    name: 'a discount',
    method: 'post',
    path: '{id}/discounts',
    body: { amount: eur(1), reason: 'late' },
    headers: version,
    status: 200,
    isForStaff: true,
  },
  { name: 'a placing', method: 'post', path: '{id}/place', body: {}, status: 201 },
  { name: 'a discarding', method: 'delete', path: '{id}', status: 204 },
  {
    name: 'a placing at another price',
    method: 'post',
    path: '{id}/place',
    body: { expectedTotal: eur(1) },
    status: 409,
  },
  {
    name: 'a placing for later',
    method: 'post',
    path: '{id}/place',
    body: {},
    headers: { prefer: 'respond-async' },
    status: 202,
  },
];

let server: ServedWaybill;
let bob: Client;
let count = 0;

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  await server.sellTees();
  bob = await server.as('bob', 'customer');
  const sam = await server.as('sam', 'support');
  await sam.post('/v1/customers').send({ customerId: 'bob', name: 'Bob' }).expect(201);
}, 60_000);
afterAll(() => server.stop());

/** A draft of Bob's. */
async function draft(): Promise<{ id: string; line: string }> {
  const { id } = (await bob.post('/v1/orders/drafts').send({}).expect(201)).body as { id: string };
  let line = '';
  for (const at of [1, 2]) {
    const answer = await bob
      .post(`/v1/orders/${id}/lines`)
      .set('if-match', `"${at}"`)
      .send({ sku: 'TEE', quantity: 2 });
    line = (answer.body as { lineId: string }).lineId;
  }
  await bob.put(`/v1/orders/${id}/delivery`).set('if-match', '"3"').send({ shipTo }).expect(200);
  return { id, line };
}

function send(client: Client, request: OrderRequest, of: { id: string; line: string; key: string }): Promise<Sent> {
  const path = request.path.replace('{id}', of.id).replace('{line}', of.line);
  const sent = client[request.method](`/v1/orders/${path}`).set('idempotency-key', of.key);
  const all = sent.set(request.headers ?? {});
  return request.body === undefined ? all : all.send(request.body);
}

const nextKey = (): string => `key-${(count += 1)}`;

describe('the stored answer to', () => {
  const capacities: readonly Role[] = ['support', 'service'];
  const cases = REQUESTS.flatMap((request) =>
    (request.isForStaff ? (['support'] as const) : capacities).map((role) => [request.name, role, request] as const),
  );

  it.each(cases)('%s by %s isn’t given to the same person as a customer', async (_name, role, request) => {
    const of = { ...(await draft()), key: nextKey() };
    const [asStaff, asCustomer] = [await server.as('sue', role), await server.as('sue', 'customer')];
    const first = await send(asStaff, request, of);
    expect([first.status, first.headers['idempotent-replayed']]).toEqual([request.status, undefined]);
    const again = await send(asStaff, request, of);
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([request.status, 'true']);

    const refused = await send(asCustomer, request, of);
    const other = await send(asCustomer, request, { ...of, key: nextKey() });
    expect([refused.status, refused.body['code']]).toEqual(
      request.isForStaff ? [403, 'forbidden'] : [404, 'not-found'],
    );
    expect(refused.headers['idempotent-replayed']).toBeUndefined();
    expect({ ...refused.body, instance: '', traceId: '' }).toEqual({ ...other.body, instance: '', traceId: '' });
  });

  it.each(cases)(
    '%s by %s is their own: the owner under the same key isn’t answered by it',
    async (_name, role, request) => {
      const of = { ...(await draft()), key: nextKey() };
      await send(await server.as('sue', role), request, of);
      const own = await send(bob, request, of);
      expect(own.headers['idempotent-replayed']).toBeUndefined();
    },
  );
});

describe('an operation that was started as staff', () => {
  it.each<Role>(['support', 'service'])('by %s is hidden from the same person as a customer', async (role) => {
    const request = REQUESTS.find(({ status }) => status === 202)!;
    const asStaff = await server.as('sue', role);
    const { body } = await send(asStaff, request, { ...(await draft()), key: nextKey() });
    const path = `/v1/operations/${body['id'] as string}`;
    await asStaff.get(path).expect(200);
    await (await server.as('sue', 'customer')).get(path).expect(404);
    await (await server.as('sue', 'customer', role)).get(path).expect(200);
  });
});
