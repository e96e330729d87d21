import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let sue: Client;
const basket = { lines: [{ sku: 'TEE', quantity: 1 }], shipTo };

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  await server.sellTees();
  sue = await server.as('sue', 'customer', 'support');
  await sue.post('/v1/customers').send({ customerId: 'bob', name: 'Bob' }).expect(201);
}, 60_000);
afterAll(() => server.stop());

const customerOf = async (id: string): Promise<unknown> =>
  (await sue.get(`/v1/orders/${id}`).expect(200)).body.customerId;

describe('somebody of the support who is a customer too', () => {
  it('drafts and orders for themselves when they name nobody, and is known by the name on the parcel', async () => {
    const { id } = (await sue.post('/v1/orders/drafts').send({}).expect(201)).body as { id: string };
    await sue.post(`/v1/orders/${id}/lines`).set('if-match', '"1"').send({ sku: 'TEE', quantity: 1 }).expect(200);
    await sue.get('/v1/customers/sue').expect(404);
    await sue.put(`/v1/orders/${id}/delivery`).set('if-match', '"2"').send({ shipTo }).expect(200);
    expect((await sue.get('/v1/customers/sue').expect(200)).body).toMatchObject({ name: shipTo.name });
    await sue.post(`/v1/orders/${id}/place`).send({}).expect(201);
    const order = await sue.post('/v1/orders').send(basket).expect(201);
    expect([await customerOf(id), await customerOf(order.body.id as string)]).toEqual(['sue', 'sue']);
  });

  it('orders for others by their name, at agreed prices', async () => {
    const lines = [{ sku: 'TEE', quantity: 1, unitPrice: 1 }];
    const order = await sue
      .post('/v1/orders')
      .send({ ...basket, lines, customerId: 'bob' })
      .expect(201);
    expect(await customerOf(order.body.id as string)).toBe('bob');
    const refused = await sue
      .post('/v1/orders')
      .send({ ...basket, lines })
      .expect(400);
    expect(refused.body).toMatchObject({ errors: [{ pointer: '/lines/0/unitPrice', code: 'not-for-your-role' }] });
  });

  it('isn’t known by the name on somebody else’s parcel', async () => {
    const una = await server.as('una', 'customer', 'support');
    const draft = await una.post('/v1/orders/drafts').send({ customerId: 'bob' }).expect(201);
    const { id } = draft.body as { id: string };
    await una.put(`/v1/orders/${id}/delivery`).set('if-match', '"1"').send({ shipTo }).expect(200);
    await una.get('/v1/customers/una').expect(404);
  });

  it('names the customer where they are none themselves', async () => {
    for (const role of ['support', 'admin', 'service'] as const) {
      const client = await server.as('sam', role);
      for (const path of ['/v1/orders', '/v1/orders/drafts']) {
        const { body } = await client
          .post(path)
          .send(path === '/v1/orders' ? basket : {})
          .expect(400);
        expect(body).toMatchObject({ errors: [{ pointer: '/customerId', code: 'required' }] });
      }
    }
  });
});

describe('a service with a role of the staff', () => {
  it('sees the operations of others, as that role does alone', async () => {
    const ada = await server.as('ada', 'customer');
    const { body } = await ada.post('/v1/orders').set('prefer', 'respond-async').send(basket).expect(202);
    const path = `/v1/operations/${(body as { id: string }).id}`;
    await (await server.as('bridge', 'service', 'support')).get(path).expect(200);
    await (await server.as('bridge', 'service')).get(path).expect(404);
  });
});

describe('an id in capitals', () => {
  it('is the same order on every route, also to an idempotency key', async () => {
    const ada = await server.as('ada', 'customer');
    const { id } = (await ada.post('/v1/orders/drafts').send({}).expect(201)).body as { id: string };
    const addLine = (of: string) =>
      ada.post(`/v1/orders/${of}/lines`).set('if-match', '"1"').send({ sku: 'TEE', quantity: 1 });
    const key = { 'idempotency-key': 'one-line' };
    const first = await addLine(id).set(key).expect(200);
    const again = await addLine(id.toUpperCase()).set(key).expect(200);
    expect([again.headers['idempotent-replayed'], again.text]).toEqual(['true', first.text]);
    for (const part of ['', '/timeline', '/quote'])
      await ada.get(`/v1/orders/${id.toUpperCase()}${part}`).set('consistency-token', 'head').expect(200);
    const olga = await server.as('olga', 'operator');
    await olga.get(`/v1/orders/${id.toUpperCase()}/events`).expect(200);
    const tree = await olga.get(`/ops/v1/correlations/${id.toUpperCase()}`).expect(200);
    expect(tree.body).toMatchObject({ eventCount: 2 });
  });
});

describe('the estimated count of a customer’s orders', () => {
  it('is their exact count, whatever others have ordered', async () => {
    const [may, bob] = [await server.as('may', 'customer'), await server.as('bob', 'customer')];
    for (let n = 0; n < 3; n += 1) await bob.post('/v1/orders').send(basket).expect(201);
    const totalOf = async (client: Client): Promise<unknown> =>
      (await client.get('/v1/orders?limit=1&count=estimate&currency=EUR').set('consistency-token', 'head').expect(200))
        .body.page.total;
    const exact = await bob.get('/v1/orders?limit=1&count=exact&currency=EUR').expect(200);
    expect([await totalOf(may), await totalOf(bob)]).toEqual([0, exact.body.page.total]);
  });
});
