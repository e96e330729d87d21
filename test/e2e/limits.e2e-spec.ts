import { connect } from 'node:net';
import { configurationOf } from '#config';
import { boot } from '../../src/boot.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

const SHIP_TO = { name: 'Ada', street: '1 Long Row', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' };
const ORDER = { lines: [{ sku: 'TEE', quantity: 1 }], shipTo: SHIP_TO };

let server: ServedWaybill;
let ada: Client;

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url, { RATE_LIMITS: 'on', RATE_LIMIT_CUSTOMER_COMMANDS: '1' });
  await server.sellTees();
  ada = await server.as('ada', 'customer');
});
afterAll(() => server.stop());

describe('with rate limits', () => {
  it('a customer who places too many orders is refused, and what is refused was not placed', async () => {
    for (let sent = 0; sent < 10; sent += 1) await ada.post('/v1/orders').send(ORDER).expect(201);
    const { headers } = await ada.post('/v1/orders').send(ORDER).expect(429);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const support = await server.as('sue', 'support');
    const list = await support.get('/v1/orders?customerId=ada').set('consistency-token', 'head').expect(200);
    expect((list.body as { data: unknown[] }).data).toHaveLength(10);
  });

  it('a service may send as much as it likes', async () => {
    const shop = await server.as('shop', 'service');
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.get('/v1/products?limit=1')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]!.headers['ratelimit-policy']).toBeUndefined();
  });

  it('the documentation is loaded in full, time and again', async () => {
    const page = ['/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/start.js', '/openapi.json'];
    for (const path of [...page, ...page, ...page]) await server.anonymous().get(path).expect(200);
  });

  it('a health probe is always answered, and others are refused beyond 100 within ten seconds', async () => {
    const statuses = new Set<number>();
    for (let sent = 0; sent < 201 && !statuses.has(429); sent += 1)
      statuses.add((await server.anonymous().get('/v1/orders')).status);
    expect(statuses).toEqual(new Set([401, 429]));
    await server.anonymous().get('/health/live').expect(200);
    await server.anonymous().get('/health/ready').expect(200);
  });
});

describe('HOST=localhost', () => {
  const connects = (host: string, port: string): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), host);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });

  it('is one address, so that there is no second server without limits', async () => {
    const environment = { ...server.db.environment, HOST: 'localhost', PORT: '0' };
    const waybill = await boot(configurationOf(environment), { serves: 'api', logger: false });
    const { port } = new URL(waybill.url!);
    expect([await connects('127.0.0.1', port), await connects('::1', port)]).toEqual([true, false]);
    await waybill.stop();
  });
});
