import { configurationOf } from '#config';
import { boot } from '../../src/boot.js';
import { withOwner } from '../../src/platform/database/prepare.js';
import { DevTokens } from '../../src/platform/http/auth/dev-tokens.js';
import type { Role } from '#app';
import { eventually } from '../../src/kernel/testing/eventually.js';
import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let ada: Client;
let olga: Client;

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  ada = await server.as('ada', 'customer');
  olga = await server.as('olga', 'operator');
  await server.sellTees();
}, 30_000);
afterAll(() => server.stop());

const order = (quantity: number) =>
  ada.post('/v1/orders').send({ lines: [{ sku: 'TEE', quantity }], shipTo, paymentMethodToken: 'tok_ok' });

const metrics = async (): Promise<string> => (await olga.get('/metrics').expect(200)).text;

/** The value of one line of the metrics; undefined if it isn't there. */
const valueIn = (text: string, line: string): number | undefined => {
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
};
const value = async (line: string): Promise<number | undefined> => valueIn(await metrics(), line);

describe('GET /metrics', () => {
  it('is for operators, as Prometheus reads it', async () => {
    for (const role of ['customer', 'manager', 'support'] as const) {
      await (await server.as('someone', role)).get('/metrics').expect(403);
    }
    await server.anonymous().get('/metrics').expect(401);
    const { headers } = await olga.get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('tells how long commands take and how they end', async () => {
    const key = 'the-same';
    await order(1).set('idempotency-key', key).expect(201);
    await order(1).set('idempotency-key', key).expect(201);
    const lines = [{ sku: 'NONE', quantity: 1 }];
    await ada.post('/v1/orders').send({ lines, shipTo, paymentMethodToken: 'tok_ok' }).expect(409);
    const text = await metrics();
    const countOf = (outcome: string) =>
      valueIn(text, `waybill_command_duration_seconds_count{command="PlaceOrderCommand",outcome="${outcome}"}`);
    expect([countOf('done'), countOf('replayed'), countOf('refused')]).toEqual([1, 1, 1]);
  });

  it('tells how long requests take by route, and never names a path from outside', async () => {
    const { id } = (await order(1).expect(201)).body;
    await ada.get(`/v1/orders/${id}`).expect(200);
    await ada.get('/v1/nothing/of/the/kind').expect(404);
    const text = await metrics();
    const count = 'waybill_http_request_duration_seconds_count';
    expect(valueIn(text, `${count}{method="GET",route="/v1/orders/:idOrNumber",status="200"}`)).toBe(1);
    expect(valueIn(text, `${count}{method="none",route="none",status="404"}`)).toBe(1);
    expect(text).not.toContain(id);
    expect(text).not.toContain('of/the/kind');
  });

  it('tells how far views are and what they hold back', async () => {
    const failed = (state: string) => `waybill_failed_events{subscription="ordering.order-search",state="${state}"}`;
    await eventually(async () =>
      expect(await value('waybill_subscription_lag_seconds{subscription="ordering.order-search"}')).toBe(0),
    );
    expect(await value('waybill_subscription_unowned_partitions{subscription="ordering.order-search"}')).toBe(0);
    await withOwner(server.db.url, (client) =>
      client.query('ALTER TABLE ordering_read.order_search ADD CONSTRAINT narrow CHECK (units <> 666)'),
    );
    await order(666).expect(201);
    await eventually(async () => expect(await value(failed('retrying'))).toBe(1));
    expect(await value(failed('dead-lettered'))).toBe(0);
  });

  it('is the same at a worker, which serves nothing else but its health', async () => {
    const configuration = configurationOf({ ...server.db.environment, HOST: '127.0.0.1', PORT: '0', ROLE: 'worker' });
    const worker = await boot(configuration, { logger: false });
    try {
      const of = (role: Role) =>
        server.waybill.app.get(DevTokens, { strict: false }).issue({ subject: 'x', roles: [role] });
      const ask = async (token?: string) =>
        fetch(`${worker.url}/metrics`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
      expect([(await ask()).status, (await ask(await of('manager'))).status]).toEqual([401, 403]);
      const answer = await ask(await of('operator'));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
      ]);
      expect(valueIn(await answer.text(), 'waybill_database_up')).toBe(1);
      expect((await fetch(`${worker.url}/v1/orders`)).status).toBe(404);
      expect((await fetch(`${worker.url}/health/live`)).status).toBe(200);
    } finally {
      await worker.stop();
    }
  });

  it('tells of the log, the pools and the process', async () => {
    const text = await metrics();
    expect(valueIn(text, 'waybill_database_up')).toBe(1);
    expect(valueIn(text, 'waybill_log_head')).toBeGreaterThan(0);
    for (const line of [
      'waybill_log_gaps',
      'waybill_log_events_not_sequenced',
      'waybill_oldest_transaction_seconds',
      'waybill_pool_connections{pool="app",state="idle"}',
      'waybill_pool_waiting{pool="query"}',
      'waybill_event_loop_delay_seconds{quantile="0.99"}',
      'waybill_memory_bytes{kind="rss"}',
      'process_cpu_seconds_total',
    ]) {
      expect([line, valueIn(text, line)]).toEqual([line, expect.any(Number)]);
    }
  });
});
