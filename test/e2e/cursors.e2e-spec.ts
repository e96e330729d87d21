import { withOwner } from '../../src/platform/database/prepare.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

/** Every route that answers in pages, with two callers who may both read it. */
const LISTS: readonly (readonly [path: string, one: string, other: string])[] = [
  ['/v1/orders', 'sam', 'sue'],
  ['/v1/products', 'sam', 'sue'],
  ['/v1/customers', 'sam', 'sue'],
  ['/v1/orders/{id}/timeline', 'sam', 'sue'],
  ['/v1/orders/{id}/events', 'olga', 'otto'],
  ['/ops/v1/events', 'olga', 'otto'],
  ['/ops/v1/dead-letters', 'olga', 'otto'],
  ['/ops/v1/audit', 'olga', 'otto'],
];

interface Described {
  readonly paths: Record<string, { readonly get?: { readonly parameters?: readonly { readonly name: string }[] } }>;
}

let server: ServedWaybill;
let orderId: string;
const clients = new Map<string, Client>();

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  for (const name of ['sam', 'sue']) clients.set(name, await server.as(name, 'support', 'manager'));
  for (const name of ['olga', 'otto']) clients.set(name, await server.as(name, 'operator'));
  const sam = clients.get('sam')!;
  for (const sku of ['TEE', 'MUG']) {
    const product = { sku, name: sku, unitPrice: { amount: 1999, currency: 'EUR' } };
    await sam.post('/v1/products').send(product).expect(201);
    await sam
      .post('/v1/customers')
      .send({ customerId: `c-${sku}`, name: sku })
      .expect(201);
  }
  const ada = await server.as('ada', 'customer');
  let token = '';
  for (let n = 0; n < 2; n += 1) {
    const draft = await ada.post('/v1/orders/drafts').send({}).expect(201);
    ({ id: orderId } = draft.body as { id: string });
    const lines = await ada
      .post(`/v1/orders/${orderId}/lines`)
      .set('if-match', '"1"')
      .send({ sku: 'TEE', quantity: 1 })
      .expect((answer) => {
        if (answer.status >= 300) throw new Error(`The line was answered ${answer.status}.`);
      });
    token = lines.headers['consistency-token']!;
  }
  await sam.get('/v1/orders').set('consistency-token', token).expect(200);
  await sam.get(`/v1/orders/${orderId}/timeline`).set('consistency-token', token).expect(200);
  await withOwner(server.db.url, (client) =>
    client.query(`
      INSERT INTO kernel.failed_events (subscription, key, position, partition, event_id, state)
        SELECT 'ordering.order-search', 'k' || l.position, l.position, 0, l.event_id, 'dead-lettered' FROM kernel.log l LIMIT 2;
      INSERT INTO kernel.audit (principal, action, subject) VALUES ('olga', 'x', '1'), ('olga', 'x', '2')`),
  );
}, 30_000);
afterAll(() => server.stop());

const path = (list: string): string => list.replace('{id}', orderId);

describe('a cursor', () => {
  it('is tested for every list', async () => {
    const { paths } = (await clients.get('sam')!.get('/openapi.json').expect(200)).body as Described;
    const paged = Object.entries(paths).filter(([, { get }]) => get?.parameters?.some(({ name }) => name === 'cursor'));
    const found = paged.map(([route]) => route.replace(/\{\w+\}/, '{id}'));
    const known = LISTS.map(([route]) => route).filter((route) => route.startsWith('/v1/'));
    expect(found.filter((route) => route.startsWith('/v1/')).toSorted()).toEqual(known.toSorted());
  });

  it.each(LISTS)('of %s is good for its caller alone', async (list, one, other) => {
    const { body } = await clients
      .get(one)!
      .get(`${path(list)}?limit=1`)
      .expect(200);
    const { next } = (body as { page: { next: string | null } }).page;
    const rest = `${path(list)}?limit=1&cursor=${next}`;
    await clients.get(one)!.get(rest).expect(200);
    const answer = await clients.get(other)!.get(rest).expect(400);
    expect(answer.body).toMatchObject({ code: 'cursor-invalid' });
  });
});
