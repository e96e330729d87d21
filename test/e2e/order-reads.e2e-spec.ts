import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let ada: Client;
let eve: Client;
let sam: Client;
let olga: Client;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  ada = await server.as('ada', 'customer');
  eve = await server.as('eve', 'customer');
  sam = await server.as('sam', 'support');
  olga = await server.as('olga', 'operator');
  const manager = await server.as('mary', 'manager');
  for (const [sku, amount] of [
    ['TEE', 1999],
    ['MUG', 850],
  ] as const) {
    const product = { sku, name: `The ${sku}`, unitPrice: { amount, currency: 'EUR' } };
    await manager.post('/v1/products').send(product).expect(201);
  }
}, 30_000);
afterAll(() => server.stop());

const basket = { lines: [{ sku: 'TEE', quantity: 2 }], shipTo, paymentMethodToken: 'tok_ok' };
const order = (client: Client, more: object = {}) => client.post('/v1/orders').send({ ...basket, ...more });
/** Reads with the token of an answer, as a client should. */
const after = (client: Client, answer: { headers: Record<string, string> }, path: string) =>
  client.get(path).set('consistency-token', answer.headers['consistency-token']!);

describe('GET /v1/orders/{idOrNumber}', () => {
  it('shows the order by both its names, with what can be done', async () => {
    const placed = await order(ada).expect(201);
    const { id, number } = placed.body as { id: string; number: string };
    const { body, headers } = await after(ada, placed, `/v1/orders/${id}`).expect(200);
    expect(body).toMatchObject({
      id,
      number,
      customerId: 'ada',
      status: 'placed',
      paymentStatus: 'none',
      fulfilmentStatus: 'unfulfilled',
      shipTo,
      billTo: null,
      note: null,
    });
    expect(body.totals).toEqual({
      items: 3998,
      discount: 0,
      shipping: 0,
      tax: 0,
      grand: 3998,
      authorised: 0,
      captured: 0,
      refunded: 0,
      due: 3998,
    });
    expect(body.actions).toContainEqual({
      name: 'place',
      href: `/v1/orders/${id}/place`,
      enabled: false,
      reason: 'ordering.order-not-editable',
    });
    expect(body).not.toHaveProperty('deliveryIsSet');
    expect(headers).toMatchObject({ etag: '"1"', 'consistency-token': expect.any(String) });
    expect((await ada.get(`/v1/orders/${number}`).expect(200)).body).toEqual(body);
    expect((await ada.get(`/v1/orders/${id.toUpperCase()}`).expect(200)).body).toEqual(body);
    await ada.get(`/v1/orders/${id}`).set('if-none-match', '"1"').expect(304);
  });

  it('shows the note, the billing address and the second address line that were sent', async () => {
    const billTo = { ...shipTo, name: 'Accounts', street2: '3rd floor' };
    const placed = await order(ada, {
      shipTo: { ...shipTo, street2: 'Flat 2' },
      billTo,
      note: 'Ring twice.\nThen wait.',
    });
    const { body } = await after(ada, placed, `/v1/orders/${(placed.body as { id: string }).id}`).expect(200);
    expect(body).toMatchObject({ shipTo: { street2: 'Flat 2' }, billTo, note: 'Ring twice.\nThen wait.' });
  });

  it('answers alike for what is foreign, absent or impossible', async () => {
    const { id, number } = (await order(ada).expect(201)).body as { id: string; number: string };
    const absent = [
      '01980000-0000-7000-8000-000000000001',
      '00000000-0000-0000-0000-000000000000',
      `{${id}}`,
      'SO-9',
      'SO-',
      '%00',
      'drafts',
    ];
    for (const name of [id, number, ...absent]) {
      const { body } = await eve.get(`/v1/orders/${name}`).expect(404);
      expect(body).toMatchObject({ code: 'not-found' });
    }
    await sam.get(`/v1/orders/${id}`).expect(200);
  });
});

describe('GET /v1/orders', () => {
  it('pages through a customer’s own orders', async () => {
    const lena = await server.as('lena', 'customer');
    let last = await order(lena).expect(201);
    for (let n = 0; n < 4; n += 1) last = await order(lena, { lines: [{ sku: 'MUG', quantity: n + 1 }] }).expect(201);
    const first = await after(lena, last, '/v1/orders?sort=total&limit=3&count=exact').expect(200);
    expect(first.body.data.map((item: { total: { amount: number } }) => item.total.amount)).toEqual([850, 1700, 2550]);
    expect(first.body).toMatchObject({
      page: { limit: 3, total: 5, next: expect.any(String) },
      asOf: expect.any(String),
    });
    const next = /<([^>]+)>; rel="next"/.exec(first.headers['link']!)![1]!;
    const rest = await lena.get(next).expect(200);
    expect(rest.body.data.map((item: { total: { amount: number } }) => item.total.amount)).toEqual([3400, 3998]);
    expect(rest.body.page.next).toBeNull();
    expect((await lena.get('/v1/orders?customerId=ada').expect(200)).body.data).toEqual([]);
    expect((await sam.get('/v1/orders?customerId=lena&status=placed,draft&q=mug').expect(200)).body.data).toHaveLength(
      4,
    );
    await eve.get(next).expect(400);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=0x10',
    'limit=5&limit=6',
    'sort=id;drop table orders',
    'sort=customerId',
    'status=lost',
    'status[]=placed',
    'placedFrom=2026-13-01T00:00:00Z',
    'placedFrom=2026-01-01T00:00:00',
    'totalFrom=-1',
    'currency=eur',
    'cursor=abc',
    'count=roughly',
    'page=2',
  ])('refuses ?%s', async (query) => {
    const { body } = await ada.get(`/v1/orders?${query}`).expect(400);
    expect(['validation-failed', 'cursor-invalid']).toContain(body.code);
  });

  it.each([
    '2020-01-01T00:00:00+16:00',
    '2020-01-01T00:00:00-23:59',
    '1000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-12:00',
  ])('refuses the time %s, which can’t be stored, and says where it stands', async (time) => {
    for (const name of ['placedFrom', 'placedTo']) {
      const { body } = await ada.get(`/v1/orders?${name}=${encodeURIComponent(time)}`).expect(400);
      expect(body).toMatchObject({
        code: 'validation-failed',
        errors: [{ pointer: `query:${name}`, code: 'is-instant' }],
      });
    }
  });

  it.each(['9999-12-31T23:59:59.999999Z', '1000-01-01T00:00:00Z', '2020-01-01T00:00:00+15:59'])(
    'takes the time %s',
    async (time) => {
      await ada.get(`/v1/orders?placedFrom=${encodeURIComponent(time)}`).expect(200);
    },
  );
});

describe('what became of an order', () => {
  it('is told to its customer and to staff; the raw stream to operators only', async () => {
    const placed = await order(ada).expect(201);
    const { id } = placed.body as { id: string };
    const timeline = await after(ada, placed, `/v1/orders/${id}/timeline`).expect(200);
    expect(timeline.body.data).toMatchObject([
      { type: 'ordering.order-placed', version: 1, actor: { type: 'customer', id: 'ada' } },
    ]);
    expect(timeline.body).toMatchObject({ page: { next: null }, asOf: expect.any(String) });
    await eve.get(`/v1/orders/${id}/timeline`).expect(404);
    await ada.get(`/v1/orders/${id}/events`).expect(403);
    const events = await olga.get(`/v1/orders/${id}/events`).expect(200);
    expect(events.body.data).toMatchObject([
      { name: 'ordering.order-placed', version: 1, data: { orderId: id, customerId: 'ada' } },
    ]);
    expect(JSON.stringify(events.body)).not.toMatch(/Long Row|tok_ok/);
  });

  it('is told by the number of the order too', async () => {
    const placed = await order(ada).expect(201);
    const { id, number } = placed.body as { id: string; number: string };
    for (const [client, part] of [
      [ada, 'timeline'],
      [olga, 'events'],
    ] as const) {
      const byId = await after(client, placed, `/v1/orders/${id}/${part}`).expect(200);
      const byNumber = await after(client, placed, `/v1/orders/${number}/${part}`).expect(200);
      expect(byNumber.body.data).toEqual(byId.body.data);
      expect(byNumber.body.data).toHaveLength(1);
      for (const absent of ['SO-99999', 'SO-', 'drafts', '00000000-0000-0000-0000-000000000000'])
        await client.get(`/v1/orders/${absent}/${part}`).expect(404);
    }
    await eve.get(`/v1/orders/${number}/timeline`).expect(404);
  });
});
