import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let ada: Client;
let sam: Client;
let importer: Client;
let olga: Client;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  ada = await server.as('ada', 'customer');
  sam = await server.as('sam', 'support');
  importer = await server.as('importer', 'service');
  olga = await server.as('olga', 'operator');
  const manager = await server.as('mary', 'manager');
  for (const [sku, amount, currency] of [
    ['TEE', 1999, 'EUR'],
    ['MUG', 850, 'EUR'],
    ['CAP', 1500, 'USD'],
    ['OLD', 900, 'EUR'],
  ]) {
    await manager
      .post('/v1/products')
      .send({ sku, name: `The ${sku}`, unitPrice: { amount, currency } })
      .expect(201);
  }
  await manager.post('/v1/products/OLD/discontinue').expect(200);
  await sam.post('/v1/customers').send({ customerId: 'bob', name: 'Bob' }).expect(201);
}, 30_000);
afterAll(() => server.stop());

const basket = { lines: [{ sku: 'TEE', quantity: 2 }], shipTo, paymentMethodToken: 'tok_ok' };
const order = (client: Client, more: object = {}) => client.post('/v1/orders').send({ ...basket, ...more });
/** Reads with the token of an answer, as a client should. */
const after = (client: Client, answer: { headers: Record<string, string> }, path: string) =>
  client.get(path).set('consistency-token', answer.headers['consistency-token']!);

describe('POST /v1/orders', () => {
  it('places an order and says where it is', async () => {
    const answer = await order(ada, { expectedTotal: { amount: 3998, currency: 'EUR' } }).expect(201);
    const { id } = answer.body as { id: string };
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      number: 'SO-1001',
      status: 'placed',
      version: 1,
      total: { amount: 3998, currency: 'EUR' },
    });
    expect(answer.headers).toMatchObject({
      location: `/v1/orders/${id}`,
      etag: '"1"',
      'consistency-token': expect.any(String),
    });
  });

  it('makes a customer known by the name on the first parcel, and keeps the name they have', async () => {
    const newcomer = await server.as('nina', 'customer');
    await newcomer.get('/v1/me').expect(404);
    await order(newcomer, { shipTo: { ...shipTo, name: 'Nina N.' } }).expect(201);
    await order(newcomer, { shipTo: { ...shipTo, name: 'Her mother' } }).expect(201);
    expect((await newcomer.get('/v1/me').expect(200)).body).toMatchObject({ customerId: 'nina', name: 'Nina N.' });
  });

  it.each(['علی\u200cرضا', 'ශ්\u200dරී', 'മോഹന്\u200dലാല്\u200d', 'Nguyễn Thị Ánh'])(
    'sends a parcel to %s, by the name as it is written',
    async (name) => {
      const { body } = await order(ada, { shipTo: { ...shipTo, name } }).expect(201);
      const read = await ada.get(`/v1/orders/${(body as { id: string }).id}`).expect(200);
      expect(read.body.shipTo.name).toBe(name);
    },
  );

  it('is one order for one key, also for a newcomer, and another payload is another request', async () => {
    const newcomer = await server.as('kim', 'customer');
    const send = (more = {}) => order(newcomer, more).set('idempotency-key', 'k-1');
    const answers = await Promise.all([send(), send(), send()]);
    const again = await send().expect(201);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toEqual(new Set([JSON.stringify(again.body)]));
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', etag: '"1"' });
    const other = await send({ shortagePolicy: 'partial' }).expect(422);
    expect(other.body).toMatchObject({ code: 'idempotency-key-reused' });
    expect((await after(newcomer, again, '/v1/orders')).body.data).toHaveLength(1);
  });

  it.each([
    ['another total than expected', { expectedTotal: { amount: 1, currency: 'EUR' } }, 409, 'ordering.price-changed'],
    ['goods that are discontinued', { lines: [{ sku: 'OLD', quantity: 1 }] }, 409, 'ordering.sku-unavailable'],
    ['goods that never were', { lines: [{ sku: 'NONE', quantity: 1 }] }, 409, 'ordering.sku-unavailable'],
    [
      'a total in another currency',
      { expectedTotal: { amount: 3998, currency: 'USD' } },
      422,
      'ordering.currency-mismatch',
    ],
    [
      'goods in two currencies',
      {
        lines: [
          { sku: 'TEE', quantity: 1 },
          { sku: 'CAP', quantity: 1 },
        ],
      },
      422,
      'ordering.currency-mismatch',
    ],
  ])('refuses %s', async (_, more, status, code) => {
    const { body, headers } = await order(ada, more).expect(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ code, status, retryable: false });
  });

  it('gives a fresh quote with a price that changed, which can be sent right back', async () => {
    const { body } = await order(ada, { expectedTotal: { amount: 1, currency: 'EUR' } }).expect(409);
    const { quote } = body as { quote: { total: object } };
    expect(quote).toMatchObject({
      currency: 'EUR',
      lines: [{ sku: 'TEE', unitPrice: 1999, total: 3998 }],
      totals: { grand: 3998 },
    });
    await order(ada, { expectedTotal: quote.total }).expect(201);
  });

  const line = basket.lines[0]!;
  it.each<[string, object, string]>([
    ['no lines', { lines: [] }, '/lines'],
    ['101 lines', { lines: Array.from({ length: 101 }, () => line) }, '/lines'],
    ['half a unit', { lines: [{ ...line, quantity: 0.5 }] }, '/lines/0/quantity'],
    ['too many units', { lines: [{ ...line, quantity: 100_001 }] }, '/lines/0/quantity'],
    ['a sku with a space', { lines: [{ ...line, sku: 'A B' }] }, '/lines/0/sku'],
    ['a field of its own', { isAdmin: true }, '/isAdmin'],
    ['a field the server fills', { lines: [{ ...line, total: 1 }] }, '/lines/0/total'],
    ['no address', { shipTo: undefined }, '/shipTo'],
    ['a card for a token', { paymentMethodToken: '4242424242424242' }, '/paymentMethodToken'],
    ['an amount with decimals', { expectedTotal: { amount: 39.98, currency: 'EUR' } }, '/expectedTotal/amount'],
    ['a policy nobody knows', { shortagePolicy: 'maybe' }, '/shortagePolicy'],
    ['a customer', { customerId: 'eve' }, '/customerId'],
    ['a price', { lines: [{ ...line, unitPrice: 1 }] }, '/lines/0/unitPrice'],
    ['a discount', { lines: [line, { ...line, discountPercent: 50 }] }, '/lines/1/discountPercent'],
    ['a date', { placedAt: '2026-01-01T00:00:00Z' }, '/placedAt'],
    ['an external number', { externalNumber: '1' }, '/externalNumber'],
    ['a fee', { shippingFee: { amount: 0, currency: 'EUR' } }, '/shippingFee'],
    ['a discount on the whole', { discount: { amount: 1, currency: 'EUR' } }, '/discount'],
    ['a currency', { currency: 'EUR' }, '/currency'],
    ['a name for the goods', { lines: [line, { ...line, name: 'Mine' }] }, '/lines/1/name'],
    ['too long a note', { note: 'x'.repeat(2_001) }, '/note'],
    ['half a billing address', { billTo: { ...shipTo, city: undefined } }, '/billTo/city'],
  ])('refuses from a customer %s, and points at it', async (_, more, pointer) => {
    const { body } = await order(ada, more).expect(400);
    expect(body).toMatchObject({ code: 'validation-failed', errors: [{ pointer }] });
  });

  it.each<[string, object, string]>([
    ['nobody as the customer', {}, '/customerId'],
    ['a date', { customerId: 'bob', placedAt: '2026-01-01T00:00:00Z' }, '/placedAt'],
    ['an external number', { customerId: 'bob', externalNumber: '1' }, '/externalNumber'],
    ['a fee', { customerId: 'bob', shippingFee: { amount: 0, currency: 'EUR' } }, '/shippingFee'],
  ])('refuses from support %s', async (_, more, pointer) => {
    expect((await order(sam, more).expect(400)).body).toMatchObject({ errors: [{ pointer }] });
  });

  it('lets support agree on prices, for customers who are known', async () => {
    const lines = [{ sku: 'TEE', quantity: 3, unitPrice: 1000, discountPercent: 10 }];
    expect((await order(sam, { lines, customerId: 'bob' }).expect(201)).body).toMatchObject({
      total: { amount: 2700 },
    });
    const unknown = await order(sam, { lines, customerId: 'nobody' }).expect(422);
    expect(unknown.body).toMatchObject({ code: 'ordering.customer-unknown', customerId: 'nobody' });
  });

  it('refuses what comes to more than an order may', async () => {
    for (const unitPrice of [5_000_000_000_001, Number.MAX_SAFE_INTEGER]) {
      const lines = [{ sku: 'TEE', quantity: 2, unitPrice, discountPercent: 100 }];
      const { body } = await order(sam, { lines, customerId: 'bob' }).expect(422);
      expect(body).toMatchObject({ code: 'ordering.amount-too-large', limit: 10_000_000_000_000 });
    }
  });

  it('takes orders over from another system, each once', async () => {
    const taken = {
      lines: [{ sku: 'OLD', quantity: 12, unitPrice: 1400, discountPercent: 5 }],
      shipTo,
      customerId: 'bob',
      placedAt: '1996-07-04T02:00:00+02:00',
      externalNumber: '10248',
      shippingFee: { amount: 3238, currency: 'EUR' },
    };
    const { body } = await importer.post('/v1/orders').send(taken).expect(201);
    const read = await importer.get(`/v1/orders/${(body as { number: string }).number}`).expect(200);
    expect(read.body).toMatchObject({
      externalNumber: '10248',
      placedAt: '1996-07-04T00:00:00.000Z',
      totals: { shipping: 3238, grand: 19_198 },
    });
    const again = await importer.post('/v1/orders').send(taken).expect(409);
    expect(again.body).toMatchObject({ code: 'ordering.external-number-taken', externalNumber: '10248' });
    const early = { ...taken, externalNumber: '10249', placedAt: '2999-01-01T00:00:00Z' };
    expect((await importer.post('/v1/orders').send(early).expect(400)).body).toMatchObject({
      errors: [{ pointer: '/placedAt' }],
    });
    const fee = { ...taken, externalNumber: '10249', shippingFee: { amount: 1, currency: 'ABC' } };
    expect((await importer.post('/v1/orders').send(fee).expect(400)).body).toMatchObject({
      errors: [{ pointer: '/shippingFee/currency' }],
    });
  });

  it('takes over what an old order has besides: its currency, the names of the goods, a discount', async () => {
    const old = {
      lines: [{ sku: 'TEE', quantity: 2, unitPrice: 3900, name: 'Black tee of 2025' }],
      currency: 'BGN',
      discount: { amount: 800, currency: 'BGN' },
      shipTo,
      customerId: 'bob',
      placedAt: '2025-12-30T09:30:00Z',
      externalNumber: 'BG-1',
    };
    const { body } = await importer.post('/v1/orders').send(old).expect(201);
    expect(body).toMatchObject({ total: { amount: 7000, currency: 'BGN' } });
    const read = await importer.get(`/v1/orders/${(body as { number: string }).number}`).expect(200);
    expect(read.body).toMatchObject({
      currency: 'BGN',
      lines: [{ sku: 'TEE', name: 'Black tee of 2025', unitPrice: 3900 }],
      totals: { items: 7800, discount: 800, grand: 7000 },
    });
    const late = { ...old, externalNumber: 'BG-2', placedAt: '2026-02-01T00:00:00Z' };
    expect((await importer.post('/v1/orders').send(late).expect(400)).body).toMatchObject({
      errors: [{ pointer: '/currency', detail: 'The currency BGN was withdrawn in 2026-01.' }],
    });
  });

  it('refuses the same for a new order of a service', async () => {
    const named = { ...line, name: 'Mine' };
    const wishes: [object, string][] = [
      [{ currency: 'EUR' }, '/currency'],
      [{ discount: { amount: 1, currency: 'EUR' } }, '/discount'],
      [{ lines: [named] }, '/lines/0/name'],
    ];
    for (const [wish, pointer] of wishes) {
      const { body } = await order(importer, { customerId: 'bob', ...wish }).expect(400);
      expect(body).toMatchObject({ errors: [{ pointer, code: 'not-for-new-orders' }] });
    }
  });

  it('is closed to those who only look', async () => {
    await order(olga).expect(403);
    await order(await server.as('wanda', 'warehouse')).expect(403);
    await order(server.anonymous()).expect(401);
  });
});
