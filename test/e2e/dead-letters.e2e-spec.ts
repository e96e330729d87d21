import { newId } from '#kernel';
import { withOwner } from '../../src/platform/database/prepare.js';
import { eventually } from '../../src/kernel/testing/eventually.js';
import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

/** A view that somebody has made too narrow: it takes no order of so many pieces. */
const TOO_MANY = 666;
const SEARCH = 'ordering.order-search';

interface Email {
  readonly id: number;
  readonly key: string;
  readonly state: string;
}

let server: ServedWaybill;
let ada: Client;
let olga: Client;

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  ada = await server.as('ada', 'customer');
  olga = await server.as('olga', 'operator');
  await server.sellTees();
  await narrow();
}, 30_000);
afterAll(() => server.stop());

const asOwner = (sql: string) => withOwner(server.db.url, (client) => client.query(sql));
const narrow = () =>
  asOwner(`ALTER TABLE ordering_read.order_search ADD CONSTRAINT narrow CHECK (units <> ${TOO_MANY})`);
const widen = () => asOwner('ALTER TABLE ordering_read.order_search DROP CONSTRAINT narrow');

async function order(quantity: number): Promise<string> {
  const basket = { lines: [{ sku: 'TEE', quantity }], shipTo, paymentMethodToken: 'tok_ok' };
  return (await ada.post('/v1/orders').send(basket).expect(201)).body.id as string;
}

async function lettersOf(query: string): Promise<Email[]> {
  return (await olga.get(`/ops/v1/dead-letters?${query}`).expect(200)).body.data;
}

/** An order that its view doesn't take, and the letter that says so. */
async function failedOrder(): Promise<{ orderId: string; letter: Email }> {
  const orderId = await order(TOO_MANY);
  let letter: Email | undefined;
  await eventually(async () => {
    letter = (await lettersOf(`subscription=${SEARCH}`)).find(({ key }) => key.includes(orderId));
    expect(letter).toBeDefined();
  });
  return { orderId, letter: letter! };
}

const unitsOf = async (orderId: string): Promise<number | undefined> => {
  const { body } = await ada.get('/v1/orders?limit=100').set('consistency-token', 'head').expect(200);
  return body.data.find(({ id }: { id: string }) => id === orderId)?.units;
};

describe('an event that can not take effect in the timeline', () => {
  beforeAll(() =>
    asOwner(`ALTER TABLE ordering_read.order_timeline ADD CONSTRAINT short CHECK (type <> 'ordering.order-discarded')`),
  );
  afterAll(() => asOwner('ALTER TABLE ordering_read.order_timeline DROP CONSTRAINT short'));

  it.each([undefined, 'handling=strict'])('is told to the customer of the order alone (Prefer: %s)', async (prefer) => {
    const { id } = (await ada.post('/v1/orders/drafts').send({}).expect(201)).body as { id: string };
    await ada.delete(`/v1/orders/${id}`).expect(204);
    const timeline = (client: Client, orderId: string) => {
      const sent = client.get(`/v1/orders/${orderId}/timeline`);
      return prefer === undefined ? sent : sent.set('prefer', prefer);
    };
    await eventually(async () => {
      const { status, headers } = await timeline(ada, id);
      expect([status, headers['consistency-status']]).toEqual(
        prefer === undefined ? [200, 'stale; retrying=1'] : [412, undefined],
      );
    });

    const eve = await server.as('eve', 'customer');
    const [foreign, absent] = [await timeline(eve, id), await timeline(eve, newId())];
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    const told = ({ headers }: typeof foreign) => Object.keys(headers).toSorted();
    expect(told(foreign)).toEqual(told(absent));
    expect(foreign.headers['consistency-status']).toBeUndefined();
  });
});

describe('an event that can not take effect', () => {
  it('is listed with its cause and what it is, and holds nobody else up', async () => {
    const { orderId, letter } = await failedOrder();
    expect(letter).toMatchObject({
      subscription: SEARCH,
      state: 'retrying',
      attempts: expect.any(Number),
      error: expect.stringContaining('narrow'),
      event: { name: 'ordering.order-placed', stream: `ordering.order:${orderId}`, version: 1 },
      isEdited: false,
    });
    expect(letter).not.toHaveProperty('data');
    const { body } = await olga.get(`/ops/v1/dead-letters/${letter.id}`).expect(200);
    expect(body.data).toMatchObject({ orderId });
    const other = await order(1);
    await eventually(async () => expect(await unitsOf(other)).toBe(1));
    expect(await lettersOf(`subscription=${SEARCH}&event=ordering.order-discarded`)).toEqual([]);
    expect((await lettersOf('error=NARROW')).length).toBeGreaterThan(0);
    const subscriptions = (await olga.get('/ops/v1/subscriptions').expect(200)).body.data;
    expect(subscriptions.find(({ name }: { name: string }) => name === SEARCH)).toMatchObject({
      failedEvents: { retrying: expect.any(Number) },
      lastError: expect.stringContaining('narrow'),
    });
    const tree = (await olga.get(`/ops/v1/correlations/${orderId}`).expect(200)).body;
    expect(JSON.stringify(tree.roots)).toContain(`"failedIn":[{"subscription":"${SEARCH}","state":"retrying"`);
  });

  it('is told to who reads its view, and to who waits for it', async () => {
    const { orderId } = await failedOrder();
    const list = await ada.get('/v1/orders').expect(200);
    expect(list.headers['consistency-status']).toMatch(/^stale; retrying=[1-9]\d*$/);
    const strict = await ada.get('/v1/orders').set('prefer', 'handling=strict').expect(412);
    expect(strict.body).toMatchObject({ code: 'projection-behind', retryable: true });
    const timeline = await ada.get(`/v1/orders/${orderId}/timeline`).set('consistency-token', 'head').expect(200);
    expect(timeline.headers).not.toHaveProperty('consistency-status');

    const basket = { lines: [{ sku: 'TEE', quantity: TOO_MANY }], shipTo, paymentMethodToken: 'tok_ok' };
    const waiting = await ada.post('/v1/orders').set('prefer', 'wait=5').send(basket).expect(201);
    expect(waiting.headers['consistency-status']).toBe('pending');
    const fine = { ...basket, lines: [{ sku: 'TEE', quantity: 1 }] };
    const shown = await ada.post('/v1/orders').set('prefer', 'wait=10').send(fine).expect(201);
    expect(shown.headers).not.toHaveProperty('consistency-status');
  });

  it('is listed page by page', async () => {
    for (let n = 0; n < 2; n += 1) await failedOrder();
    const first = (await olga.get('/ops/v1/dead-letters?limit=1').expect(200)).body;
    const second = (await olga.get(`/ops/v1/dead-letters?limit=1&cursor=${first.page.next}`).expect(200)).body;
    expect(second.data[0].position).toBeGreaterThan(first.data[0].position);
    await olga.get(`/ops/v1/dead-letters?state=dead-lettered&cursor=${first.page.next}`).expect(400);
  });

  it('can be dropped for its view, with a reason, once', async () => {
    const { orderId, letter } = await failedOrder();
    const path = `/ops/v1/dead-letters/${letter.id}/discard`;
    await olga.post(path).send({}).expect(400);
    await olga.post(path).set('idempotency-key', 'drop-it').send({ reason: 'a joke' }).expect(204);
    const again = await olga.post(path).set('idempotency-key', 'drop-it').send({ reason: 'a joke' }).expect(204);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect((await olga.post(path).send({ reason: 'a joke' }).expect(404)).body.code).toBe('dead-letter-unknown');
    expect(await unitsOf(orderId)).toBeUndefined();
    await ada.get(`/v1/orders/${orderId}`).expect(200);
    const { body } = await olga.get('/ops/v1/audit?action=dead-letters.discard').expect(200);
    expect(body.data).toMatchObject([
      { principal: 'olga', subject: SEARCH, reason: 'a joke', detail: { id: letter.id } },
    ]);
  });

  it('can be tried with other data, for its view alone', async () => {
    const { orderId, letter } = await failedOrder();
    const { data } = (await olga.get(`/ops/v1/dead-letters/${letter.id}`).expect(200)).body;
    const edited = { ...data, lines: [{ ...data.lines[0], quantity: 665 }] };
    const path = `/ops/v1/dead-letters/${letter.id}/edit-and-retry`;
    await olga.post(path).send({ data: 'nonsense' }).expect(400);
    await olga.post(path).send({ data: edited, reason: 'one too many' }).expect(200);
    await eventually(async () => expect(await unitsOf(orderId)).toBe(665));
    const { body } = await olga.get(`/ops/v1/events?stream=ordering.order:${orderId}`).expect(200);
    expect(body.data[0].data.lines[0].quantity).toBe(TOO_MANY);
  });

  it('is tried again by a filter or by ids, when what was wrong is right', async () => {
    const { orderId, letter } = await failedOrder();
    const retry = (body: object) => olga.post('/ops/v1/dead-letters/retry').send(body);
    for (const body of [{}, { filter: {}, ids: [1] }, { ids: [] }, { filter: { nonsense: 1 } }])
      await retry(body).expect(400);
    const failed = (await lettersOf('limit=100')).length;
    expect((await retry({ filter: {}, dryRun: true }).expect(200)).body).toEqual({ keys: failed, dryRun: true });
    expect((await retry({ ids: [letter.id], dryRun: true }).expect(200)).body).toEqual({ keys: 1, dryRun: true });
    await widen();
    await retry({ filter: { subscription: SEARCH, error: 'narrow' }, reason: 'widened' }).expect(200);
    await eventually(async () => expect(await unitsOf(orderId)).toBe(TOO_MANY));
    await eventually(async () => expect(await lettersOf('limit=100')).toEqual([]));
    await eventually(async () =>
      expect((await ada.get('/v1/orders').expect(200)).headers).not.toHaveProperty('consistency-status'),
    );
    const { body } = await olga.get('/ops/v1/audit?action=dead-letters.retry').expect(200);
    expect(body.data).toMatchObject([{ principal: 'olga', reason: 'widened', detail: { count: expect.any(Number) } }]);
  });
});
