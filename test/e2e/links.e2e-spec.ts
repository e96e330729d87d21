import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

/** What a proxy takes off before it passes a request on. */
const BASE = '/shop/api';

let server: ServedWaybill;
let ada: Client;

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url, { PUBLIC_URL: `https://example.test${BASE}/` });
  await server.sellTees();
  ada = await server.as('ada', 'customer');
}, 60_000);
afterAll(() => server.stop());

const basket = { lines: [{ sku: 'TEE', quantity: 1 }], shipTo };

/** The path that reaches us behind the proxy. */
function behindProxy(link: string | null | undefined): string {
  expect(link).toMatch(/^\/shop\/api\/v1\//);
  return link!.slice(BASE.length);
}

describe('behind a proxy that takes the path of PUBLIC_URL off', () => {
  it('Location leads to what was made', async () => {
    const placed = await ada.post('/v1/orders').send(basket).expect(201);
    await ada.get(behindProxy(placed.headers['location'])).expect(200);
    const draft = await ada.post('/v1/orders/drafts').send({}).expect(201);
    await ada.get(behindProxy(draft.headers['location'])).expect(200);
    const mary = await server.as('mary', 'manager', 'support');
    const product = { sku: 'MUG', name: 'Mug', unitPrice: { amount: 850, currency: 'EUR' } };
    const made = await mary.post('/v1/products').send(product).expect(201);
    await mary.get(behindProxy(made.headers['location'])).expect(200);
    const customer = await mary.post('/v1/customers').send({ customerId: 'c1', name: 'C' }).expect(201);
    await mary.get(behindProxy(customer.headers['location'])).expect(200);
  });

  it('a replayed answer has the same Location', async () => {
    const send = () => ada.post('/v1/orders').set('idempotency-key', 'same').send(basket).expect(201);
    const [first, again] = [await send(), await send()];
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: first.headers['location'] });
  });

  it('Link leads to the next page', async () => {
    for (let n = 0; n < 2; n += 1) await ada.post('/v1/orders').send(basket).expect(201);
    const { headers, body } = await ada.get('/v1/orders?limit=1').set('consistency-token', 'head').expect(200);
    const link = /^<(.+)>; rel="next"$/.exec(headers['link'] ?? '')?.[1];
    const next = await ada.get(behindProxy(link)).expect(200);
    expect(next.body.data[0].id).not.toBe(body.data[0].id);
  });

  it('the actions of an order lead to their routes', async () => {
    const { id } = (await ada.post('/v1/orders/drafts').send({}).expect(201)).body as { id: string };
    const { actions } = (await ada.get(`/v1/orders/${id}`).expect(200)).body as { actions: { href: string }[] };
    expect(actions.map(({ href }) => href)).toEqual(expect.arrayContaining([`${BASE}/v1/orders/${id}/lines`]));
    for (const { href } of actions) behindProxy(href);
  });

  it('an operation and what it has made are found', async () => {
    const accepted = await ada.post('/v1/orders').set('prefer', 'respond-async').send(basket).expect(202);
    const path = behindProxy(accepted.headers['location']);
    const { body } = await ada.get(`${path}?wait=10`).expect(200);
    await ada.get(behindProxy((body as { resource: { href: string } }).resource.href)).expect(200);
  });

  it('problems and the description of the API have all of it, and the pages of /docs are found beside each other', async () => {
    const absent = await ada.get('/v1/orders/SO-9999').expect(404);
    expect(absent.body).toMatchObject({ type: `https://example.test${BASE}/problems/not-found` });
    const { servers } = (await ada.get('/openapi.json').expect(200)).body as { servers: { url: string }[] };
    expect(servers).toEqual([{ url: `https://example.test${BASE}` }]);
    const { text } = await ada.get('/docs').expect(200);
    const links = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const { pathname } = new URL(link, `https://example.test${BASE}/docs`);
      expect(pathname).toMatch(/^\/shop\/api\/docs\//);
      await ada.get(pathname.slice(BASE.length)).expect(200);
    }
  });
});
