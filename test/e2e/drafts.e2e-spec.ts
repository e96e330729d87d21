import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let ada: Client;
let eve: Client;
let sam: Client;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  ada = await server.as('ada', 'customer');
  eve = await server.as('eve', 'customer');
  sam = await server.as('sam', 'support');
  const manager = await server.as('mary', 'manager');
  for (const [sku, amount] of [
    ['TEE', 1999],
    ['MUG', 850],
  ] as const) {
    await manager
      .post('/v1/products')
      .send({ sku, name: `The ${sku}`, unitPrice: { amount, currency: 'EUR' } })
      .expect(201);
  }
}, 30_000);
afterAll(() => server.stop());

interface Draft {
  readonly path: string;
  readonly lineId: string;
}

/** A draft of Ada's with two tees, at version 2. */
async function draft(): Promise<Draft> {
  const started = await ada.post('/v1/orders/drafts').send({}).expect(201);
  const path = started.headers['location']!;
  const added = await ada.post(`${path}/lines`).set('if-match', '"1"').send({ sku: 'TEE', quantity: 2 }).expect(200);
  return { path, lineId: (added.body as { lineId: string }).lineId };
}

describe('a draft', () => {
  it('is put together, quoted and placed', async () => {
    const { path, lineId } = await draft();
    const billTo = { ...shipTo, name: 'Accounts' };
    const changed = await ada.patch(`${path}/lines/${lineId}`).set('if-match', '"2"').send({ quantity: 3 }).expect(200);
    expect(changed.body).toEqual({ id: path.split('/').at(-1), status: 'draft', version: 3 });
    expect(changed.headers).toMatchObject({ etag: '"3"', 'consistency-token': expect.any(String) });
    await ada.post(`${path}/lines`).set('if-match', '"3"').send({ sku: 'MUG', quantity: 1 }).expect(200);
    await ada.delete(`${path}/lines/${lineId}`).set('if-match', '"4"').expect(200);
    await ada.put(`${path}/delivery`).set('if-match', '"5"').send({ shipTo, billTo }).expect(200);
    const discount = { amount: { amount: 50, currency: 'EUR' }, reason: 'late last time' };
    await sam.post(`${path}/discounts`).set('if-match', '"6"').send(discount).expect(200);
    const quote = await ada.get(`${path}/quote`).expect(200);
    expect(quote.body).toMatchObject({
      currency: 'EUR',
      lines: [{ sku: 'MUG', quantity: 1, total: 850, orderDiscount: 50 }],
      taxLines: [],
      totals: { items: 850, discount: 50, shipping: 0, tax: 0, grand: 800 },
      total: { amount: 800, currency: 'EUR' },
    });
    const placement = { paymentMethodToken: 'tok_ok', expectedTotal: quote.body.total, note: 'Ring twice.' };
    const placed = await ada.post(`${path}/place`).send(placement).expect(201);
    expect(placed.body).toMatchObject({ status: 'placed', version: 8, number: 'SO-1001', total: { amount: 800 } });
    expect(placed.headers).toMatchObject({ location: path, etag: '"8"' });
    const { body } = await ada.get('/v1/orders/SO-1001').expect(200);
    expect(body).toMatchObject({ status: 'placed', version: 8, shipTo, billTo, note: 'Ring twice.' });
    expect(body).toMatchObject({ totals: { grand: 800 } });
    expect((await ada.get('/v1/me').expect(200)).body).toMatchObject({ name: shipTo.name });
  });

  it('says what can be done with it, by the very rules that decide', async () => {
    const { path } = await draft();
    const actions = async (client: Client) => {
      const { body } = await client.get(path).expect(200);
      const shown = body.actions as { name: string; href: string; enabled: boolean; reason?: string }[];
      expect(shown.every(({ href }) => href.startsWith(path))).toBe(true);
      return Object.fromEntries(shown.map(({ name, enabled, reason }) => [name, reason ?? enabled]));
    };
    const open = { 'add-line': true, 'set-delivery': true, quote: true, discard: true };
    expect(await actions(ada)).toEqual({ ...open, place: 'ordering.delivery-missing' });
    expect(await actions(sam)).toEqual({ ...open, 'grant-discount': true, place: 'ordering.delivery-missing' });
    expect(await actions(await server.as('wanda', 'warehouse'))).toEqual({});
    const { body } = await ada.post(`${path}/place`).send({ paymentMethodToken: 'tok_ok' }).expect(409);
    expect(body).toMatchObject({ code: 'ordering.delivery-missing' });
  });

  it('is edited at the version that was seen', async () => {
    const { path, lineId } = await draft();
    const edits = [
      () => ada.post(`${path}/lines`).send({ sku: 'MUG', quantity: 1 }),
      () => ada.patch(`${path}/lines/${lineId}`).send({ quantity: 1 }),
      () => ada.delete(`${path}/lines/${lineId}`),
      () => ada.put(`${path}/delivery`).send({ shipTo }),
      () => sam.post(`${path}/discounts`).send({ amount: { amount: 1, currency: 'EUR' }, reason: 'r' }),
      () => sam.delete(`${path}/discounts/${lineId}`),
    ];
    for (const edit of edits) {
      expect((await edit().expect(428)).body).toMatchObject({ code: 'version-required' });
      expect((await edit().set('if-match', '"1"').expect(412)).body).toMatchObject({
        code: 'version-mismatch',
        currentVersion: 2,
      });
    }
  });

  it('has its discounts taken back by support, by the link that its actions give', async () => {
    const { path, lineId } = await draft();
    const discount = { amount: { amount: 3998, currency: 'EUR' }, reason: 'late last time' };
    const nothing = { ...discount, amount: { amount: 0, currency: 'EUR' } };
    const refused = await sam.post(`${path}/discounts`).set('if-match', '"2"').send(nothing).expect(422);
    expect(refused.body).toMatchObject({ code: 'ordering.discount-invalid', amount: 0 });
    const granted = await sam.post(`${path}/discounts`).set('if-match', '"2"').send(discount).expect(200);
    const { discountId } = granted.body as { discountId: string };
    const stuck = await ada.delete(`${path}/lines/${lineId}`).set('if-match', '"3"').expect(409);
    expect(stuck.body).toMatchObject({ code: 'ordering.discount-exceeds-total' });
    expect(stuck.body.detail).toContain('remove a discount');

    const { body } = await sam.get(path).expect(200);
    expect(body.discounts).toEqual([{ discountId, amount: 3998, reason: 'late last time' }]);
    const link = (body.actions as { name: string; href: string; enabled: boolean }[]).find(
      ({ name }) => name === 'remove-discount',
    );
    expect(link).toEqual({ name: 'remove-discount', href: `${path}/discounts/${discountId}`, enabled: true });
    await ada.delete(link!.href).set('if-match', '"3"').expect(403);
    const removed = await sam.delete(link!.href).set('if-match', '"3"').expect(200);
    expect(removed.body).toEqual({ id: path.split('/').at(-1), status: 'draft', version: 4 });
    await sam.delete(link!.href).set('if-match', '"4"').expect(404);
    await ada.delete(`${path}/lines/${lineId}`).set('if-match', '"4"').expect(200);

    const token = { 'consistency-token': removed.headers['consistency-token']! };
    const timeline = await ada.get(`${path}/timeline`).set(token).expect(200);
    expect((timeline.body as { data: object[] }).data[3]).toMatchObject({
      type: 'ordering.discount-removed',
      params: { discountId, amount: discount.amount },
    });
    expect((await ada.get(path).expect(200)).body).toMatchObject({ discounts: [], totals: { discount: 0 } });
  });

  it('is discarded, once, and then edited no more', async () => {
    const { path } = await draft();
    await ada.delete(path).set('if-match', '"1"').expect(412);
    const answer = await ada.delete(path).expect(204);
    expect(answer.headers).toMatchObject({ 'consistency-token': expect.any(String) });
    await ada.delete(path).expect(204);
    const late = await ada.post(`${path}/lines`).set('if-match', '"3"').send({ sku: 'MUG', quantity: 1 }).expect(409);
    expect(late.body).toMatchObject({ code: 'ordering.order-not-editable', status: 409 });
    expect((await ada.get(path).expect(200)).body).toMatchObject({ status: 'discarded', version: 3 });
  });

  it('can’t be reached by another customer, by any route', async () => {
    const { path, lineId } = await draft();
    const tries = [
      () => eve.get(path),
      () => eve.get(`${path}/quote`),
      () => eve.get(`${path}/timeline`),
      () => eve.post(`${path}/lines`).set('if-match', '"2"').send({ sku: 'MUG', quantity: 1 }),
      () => eve.patch(`${path}/lines/${lineId}`).set('if-match', '"9"').send({ quantity: 1 }),
      () => eve.delete(`${path}/lines/${lineId}`).set('if-match', '"2"'),
      () => eve.put(`${path}/delivery`).set('if-match', '"2"').send({ shipTo }),
      () => eve.post(`${path}/place`).send({ paymentMethodToken: 'tok_ok' }),
      () => eve.delete(path),
    ];
    for (const attempt of tries) expect((await attempt().expect(404)).body).toMatchObject({ code: 'not-found' });
    await eve
      .post(`${path}/discounts`)
      .set('if-match', '"2"')
      .send({ amount: { amount: 1, currency: 'EUR' }, reason: 'r' })
      .expect(403);
    expect((await ada.get(path).expect(200)).body).toMatchObject({ status: 'draft', version: 2 });
  });

  it('is started for a customer by support, at the prices agreed upon', async () => {
    await sam.post('/v1/orders/drafts').send({}).expect(400);
    await ada.post('/v1/orders/drafts').send({ customerId: 'eve' }).expect(400);
    expect((await sam.post('/v1/orders/drafts').send({ customerId: 'nobody' }).expect(422)).body.code).toBe(
      'ordering.customer-unknown',
    );
    await sam.post('/v1/customers').send({ customerId: 'bob', name: 'Bob' }).expect(201);
    const { headers } = await sam.post('/v1/orders/drafts').send({ customerId: 'bob' }).expect(201);
    const path = headers['location']!;
    await sam
      .post(`${path}/lines`)
      .set('if-match', '"1"')
      .send({ sku: 'TEE', quantity: 1, unitPrice: 1500 })
      .expect(200);
    const bob = await server.as('bob', 'customer');
    expect((await bob.get(`${path}/quote`).expect(200)).body).toMatchObject({ total: { amount: 1500 } });
    const tampered = await bob
      .post(`${path}/lines`)
      .set('if-match', '"2"')
      .send({ sku: 'TEE', quantity: 1, unitPrice: 1 })
      .expect(400);
    expect(tampered.body).toMatchObject({ errors: [{ pointer: '/unitPrice' }] });
  });
});
