import { newId } from '#kernel';
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

const basket = { lines: [{ sku: 'TEE', quantity: 2 }], shipTo, paymentMethodToken: 'tok_ok' };

/** An order of Ada's, placed under a request id of its own and seen by every view. */
async function placedOrder(): Promise<{ id: string; number: string; requestId: string }> {
  const requestId = newId();
  const answer = await ada.post('/v1/orders').set('x-request-id', requestId).send(basket).expect(201);
  const token = answer.headers['consistency-token']!;
  await ada.get('/v1/orders').set('consistency-token', token).expect(200);
  return { ...(answer.body as { id: string; number: string }), requestId };
}

const READS = [
  '/ops/v1/status',
  '/ops/v1/log',
  '/ops/v1/subscriptions',
  '/ops/v1/projections',
  '/ops/v1/dead-letters',
  '/ops/v1/events',
  '/ops/v1/audit',
] as const;

/** Each with a body that would be taken. */
const WRITES = [
  ['/ops/v1/projections/ordering.order-search/rebuild', {}],
  ['/ops/v1/subscriptions/ordering.order-search/partitions', { partitions: 4 }],
  ['/ops/v1/subscriptions/notifications.notify-order-placed/restart', { from: 'now', reason: 'no' }],
  ['/ops/v1/dead-letters/retry', { filter: {} }],
  ['/ops/v1/dead-letters/1/discard', { reason: 'no' }],
  ['/ops/v1/dead-letters/1/edit-and-retry', { data: {} }],
] as const;

describe('the operations API', () => {
  it.each(['admin', 'operator'] as const)('is closed to the %s of a tenant, as the metrics are', async (role) => {
    const boss = await server.inTenant('acme', 'boss', role);
    for (const path of [...READS, '/ops/v1/dead-letters/1', '/ops/v1/events/1', '/ops/v1/correlations/x', '/metrics'])
      expect((await boss.get(path).expect(403)).body).toMatchObject({ code: 'forbidden' });
    for (const [path, body] of WRITES) await boss.post(path).send(body).expect(403);
    await boss.get(`/v1/orders/${newId()}/events`).expect(404);
  });

  it('is open to an admin whose token names no tenant', async () => {
    const admin = await server.as('boss', 'admin');
    for (const path of [...READS, '/metrics']) await admin.get(path).expect(200);
  });

  it.each(['customer', 'support', 'warehouse', 'finance', 'manager', 'service'] as const)(
    'is closed to a %s',
    async (role) => {
      const client = await server.as('someone', role);
      const reads = [...READS, '/ops/v1/dead-letters/1', '/ops/v1/events/1', '/ops/v1/correlations/x'];
      for (const path of reads) {
        expect((await client.get(path).expect(403)).body).toMatchObject({ code: 'forbidden' });
      }
      for (const [path, body] of WRITES) await client.post(path).send(body).expect(403);
    },
  );

  it('is closed without a token', async () => {
    for (const path of READS) await server.anonymous().get(path).expect(401);
  });

  it('is open to operators and administrators', async () => {
    const root = await server.as('root', 'admin');
    for (const client of [olga, root]) for (const path of READS) await client.get(path).expect(200);
  });

  it('takes no parameters that it does not know', async () => {
    for (const path of READS) await olga.get(`${path}?nonsense=1`).expect(400);
  });
});

describe('GET /ops/v1/status', () => {
  it('tells what is well, and what to do about the rest', async () => {
    await eventually(async () => {
      const { body } = await olga.get('/ops/v1/status').expect(200);
      expect(body.status).toBe('ok');
      expect(body.findings).toContainEqual({ state: 'ok', what: expect.stringMatching(/^1 replica works on/) });
    });
  });
});

describe('GET /ops/v1/log', () => {
  it('tells the head, what has no position yet, and the oldest transaction', async () => {
    await placedOrder();
    await eventually(async () => {
      const { body } = await olga.get('/ops/v1/log').expect(200);
      expect(body).toMatchObject({ epoch: expect.stringMatching(/^[0-9a-f-]{36}$/), gaps: 0, eventsNotSequenced: 0 });
    });
    const { body } = await olga.get('/ops/v1/log');
    expect(body.head).toBeGreaterThanOrEqual(1);
    expect(body.oldestTransactionSeconds).toBeGreaterThanOrEqual(0);
    expect(body).toMatchObject({ seesAllTransactions: true, lastEventAt: expect.stringMatching(/Z$/) });
  });
});

describe('GET /ops/v1/subscriptions', () => {
  it('tells of each how far it is, who works on it, and its failed events', async () => {
    await placedOrder();
    const { body } = await olga.get('/ops/v1/subscriptions').expect(200);
    const search = body.data.find(({ name }: { name: string }) => name === 'ordering.order-search');
    expect(search).toMatchObject({
      kind: 'async',
      status: 'running',
      isDeclared: true,
      lagSeconds: 0,
      failedEvents: { retrying: 0, waiting: 0, deadLettered: 0 },
      lastError: null,
    });
    expect(search.partitions.length).toBeGreaterThan(1);
    for (const partition of search.partitions) {
      expect(partition).toMatchObject({ owner: expect.any(String), leaseExpiresAt: expect.stringMatching(/Z$/) });
      expect(Date.parse(partition.leaseExpiresAt)).toBeGreaterThan(Date.now());
    }
    const summary = body.data.find(({ name }: { name: string }) => name === 'ordering.order-summary');
    expect(summary).toMatchObject({ kind: 'inline', behind: 0, lagSeconds: 0, partitions: [] });
  });

  it('starts an event handler anew, and no view', async () => {
    const restart = (name: string, body: object) => olga.post(`/ops/v1/subscriptions/${name}/restart`).send(body);
    const name = 'notifications.notify-order-discarded';
    for (const from of ['beginning', 1, 'now']) {
      const { body } = await restart(name, { from, reason: 'restored' }).expect(200);
      expect(body).toEqual({ name, position: expect.any(Number) });
    }
    for (const from of [0, -1, 1.5, '7', 'later', null]) await restart(name, { from, reason: 'x' }).expect(400);
    await restart(name, { from: 'now' }).expect(400);
    const beyond = await restart(name, { from: 1_000_000, reason: 'x' }).expect(409);
    const view = await restart('ordering.order-search', { from: 'now', reason: 'x' }).expect(409);
    for (const { body } of [beyond, view]) expect(body.code).toBe('restart-refused');
    const unknown = await restart('nobody.knows', { from: 'now', reason: 'x' }).expect(404);
    expect(unknown.body.code).toBe('subscription-unknown');
    const { body } = await olga.get('/ops/v1/audit?action=subscriptions.restart').expect(200);
    expect(body.data).toHaveLength(3);
    expect(body.data[0]).toMatchObject({
      principal: 'olga',
      subject: name,
      reason: 'restored',
      detail: { from: 'now' },
    });
  });
});

describe('projections', () => {
  it('are listed with the code that fills them', async () => {
    const { body } = await olga.get('/ops/v1/projections').expect(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toContain('insights.sales-daily');
    for (const projection of body.data) {
      expect(projection).toMatchObject({ status: 'running', storedVersion: projection.version });
      expect(projection.name.startsWith(`${projection.context}.`)).toBe(true);
    }
  });

  it('are rebuilt while they are read, and the audit says who asked', async () => {
    const { id } = await placedOrder();
    const before = (await ada.get('/v1/orders').expect(200)).body.data;
    const rebuilt = await olga.post('/ops/v1/projections/ordering.order-search/rebuild').send({ reason: 'drill' });
    expect([rebuilt.status, rebuilt.body.state, rebuilt.body.rows]).toEqual([202, 'catching-up', 0]);
    await eventually(async () => {
      const { body } = await ada.get('/v1/orders').set('consistency-token', 'head').set('prefer', 'wait=2');
      expect(body.data).toEqual(before);
    });
    const inline = await olga.post('/ops/v1/projections/ordering.order-summary/rebuild').send({}).expect(202);
    expect(inline.body).toMatchObject({ state: 'rebuilt', rows: expect.any(Number) });
    expect(inline.body.rows).toBeGreaterThan(0);
    await ada.get(`/v1/orders/${id}`).expect(200);

    const audit = await olga.get('/ops/v1/audit?action=projections.rebuild').expect(200);
    expect(audit.body.data).toMatchObject([
      { principal: 'olga', subject: 'ordering.order-summary', reason: null },
      { principal: 'olga', subject: 'ordering.order-search', reason: 'drill' },
    ]);
  });

  it('that nobody knows are not found', async () => {
    const unknown = await olga.post('/ops/v1/projections/nobody.knows/rebuild').send({}).expect(404);
    expect(unknown.body).toMatchObject({ code: 'projection-unknown' });
    await olga.post('/ops/v1/projections/%20/rebuild').send({}).expect(404);
  });
});

describe('GET /ops/v1/events', () => {
  it('goes through the log in pages, by position', async () => {
    await placedOrder();
    const first = await olga.get('/ops/v1/events?limit=1').expect(200);
    expect(first.body.data).toMatchObject([{ position: 1, tenant: 'default', version: 1 }]);
    expect(first.headers['link']).toContain('rel="next"');
    const second = await olga.get(`/ops/v1/events?limit=1&cursor=${first.body.page.next}`).expect(200);
    expect(second.body.data).toMatchObject([{ position: 2 }]);
    const rest = await olga.get('/ops/v1/events?after=1&limit=1').expect(200);
    expect(rest.body.data).toEqual(second.body.data);
    await olga.get(`/ops/v1/events?limit=1&name=x&cursor=${first.body.page.next}`).expect(400);
  });

  it('finds by stream and by name, and shows nothing personal', async () => {
    const { id } = await placedOrder();
    const { body, text } = await olga.get(`/ops/v1/events?stream=ordering.order:${id}`).expect(200);
    expect(body.data).toMatchObject([
      { name: 'ordering.order-placed', version: 1, actor: { type: 'customer', id: 'ada' } },
    ]);
    expect(body.page.next).toBeNull();
    expect(text).not.toContain(shipTo.street);
    const named = await olga.get('/ops/v1/events?name=ordering.order-placed&limit=100').expect(200);
    expect(named.body.data.map(({ stream }: { stream: string }) => stream)).toContain(`ordering.order:${id}`);
    expect((await olga.get('/ops/v1/events?name=nobody.knows').expect(200)).body.data).toEqual([]);
  });

  it('shows one by position, by id, and by its place in its stream', async () => {
    const { id } = await placedOrder();
    const { body } = await olga.get(`/ops/v1/events?stream=ordering.order:${id}`).expect(200);
    const event = body.data[0];
    for (const reference of [event.position, event.eventId, `ordering.order:${id}@1`]) {
      expect((await olga.get(`/ops/v1/events/${reference}`).expect(200)).body).toEqual(event);
    }
    for (const reference of ['999999', newId(), `ordering.order:${id}@9`, 'nonsense']) {
      await olga.get(`/ops/v1/events/${reference}`).expect(404);
    }
  });
});

describe('GET /ops/v1/correlations/{id}', () => {
  it('shows what a request has led to, by its id or by that of anything in it', async () => {
    const { id, requestId } = await placedOrder();
    const { body } = await olga.get(`/ops/v1/correlations/${requestId}`).expect(200);
    expect(body).toMatchObject({ correlationIds: [requestId], isComplete: true });
    const command = body.roots.find(({ name }: { name: string }) => name === 'PlaceOrderCommand');
    expect(command).toMatchObject({
      correlationId: requestId,
      actor: { type: 'customer', id: 'ada' },
      events: [{ name: 'ordering.order-placed', stream: `ordering.order:${id}`, version: 1, failedIn: [] }],
    });
    const { eventId } = command.events[0];
    for (const other of [id, `ordering.order:${id}`, eventId]) {
      expect((await olga.get(`/ops/v1/correlations/${other}`).expect(200)).body).toEqual(body);
    }
    await olga.get(`/ops/v1/correlations/${newId()}`).expect(404);
  });
});
