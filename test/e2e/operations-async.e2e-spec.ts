import { settled, until } from '#kernel/testing';
import { Admission } from '#platform/http';
import { OutgoingCommands } from '../../src/kernel/outgoing/outgoing-commands.js';
import { OperationWaits } from '../../src/kernel/outgoing/operation-waits.js';
import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

interface OperationAnswer {
  readonly id: string;
  readonly status: string;
  readonly resource: { readonly id: string } | null;
}
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

let server: ServedWaybill;
let idle: ServedWaybill;
let ada: Client;
let sam: Client;
const basket = { lines: [{ sku: 'TEE', quantity: 2 }], shipTo, paymentMethodToken: 'tok_ok' };
const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

async function openShop(of: ServedWaybill): Promise<void> {
  const product = { sku: 'TEE', name: 'The tee', unitPrice: { amount: 1999, currency: 'EUR' } };
  await (await of.as('mary', 'manager')).post('/v1/products').send(product).expect(201);
}

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  await openShop(server);
  ada = await server.as('ada', 'customer');
  sam = await server.as('sam', 'support');
}, 60_000);
afterAll(() => server.stop());

const order = (client: Client, more: object = {}) => client.post('/v1/orders').send({ ...basket, ...more });
const later = (client: Client, more: object = {}) => order(client, more).set('prefer', 'respond-async');
const ordersOf = async (client: Client): Promise<{ id: string; number: string }[]> =>
  (await client.get('/v1/orders').set('consistency-token', 'head').expect(200)).body.data;
const operationIn = ({ body }: Answer): OperationAnswer => body as OperationAnswer;
const ended = async (client: Client, { body }: Answer): Promise<Answer> =>
  client.get(`/v1/operations/${operationIn({ body } as Answer).id}?wait=10`).expect(200);

describe('a command with Prefer: respond-async', () => {
  it('is accepted once it is stored, and its operation tells what became of it', async () => {
    const answer = await later(ada).expect(202);
    const { id } = operationIn(answer);
    expect(answer.headers).toMatchObject({
      location: `/v1/operations/${id}`,
      'preference-applied': 'respond-async',
      'consistency-token': expect.any(String),
    });
    expect(answer.headers).not.toHaveProperty('etag');
    expect(answer.body).toMatchObject({ id: expect.stringMatching(UUID), type: 'ordering.place-order', error: null });

    const { body, headers } = await ended(ada, answer);
    expect(headers).not.toHaveProperty('retry-after');
    const [placed] = await ordersOf(ada);
    expect(body).toEqual({
      id,
      type: 'ordering.place-order',
      status: 'succeeded',
      progress: { step: 'done', done: 1, total: 1 },
      resource: { type: 'order', id: placed!.id, href: `/v1/orders/${placed!.id}` },
      error: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      finishedAt: expect.any(String),
      consistencyToken: expect.any(String),
    });
    const { consistencyToken } = body as { consistencyToken: string };
    await ada.get(`/v1/orders/${placed!.id}`).set('consistency-token', consistencyToken).expect(200);
  });

  it('acts for who sent it, under their correlation, as a first-hand wish', async () => {
    const newcomer = await server.as('nina', 'customer');
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const sent = await later(newcomer).set('x-request-id', 'wish-7').set('traceparent', trace).expect(202);
    const { resource } = operationIn(await ended(newcomer, sent));
    const { rows } = await server.db.pools.app.query<{ meta: object }>(
      'SELECT meta FROM kernel.events WHERE stream_id = $1',
      [`ordering.order:${resource!.id}`],
    );
    expect(rows[0]!.meta).toMatchObject({
      actor: { type: 'customer', id: 'nina' },
      correlationId: 'wish-7',
      causationId: null,
      traceparent: trace,
    });
    expect(rows[0]!.meta).not.toHaveProperty('causationDepth');
    expect((await newcomer.get('/v1/me').expect(200)).body).toMatchObject({ customerId: 'nina', name: shipTo.name });
  });

  it('is refused at the edge as ever, and stores nothing then', async () => {
    await later(ada, { lines: [] }).expect(400);
    await later(ada, { customerId: 'eve' }).expect(400);
    await later(ada).set('idempotency-key', 'a b').expect(400);
    await later(await server.as('wim', 'warehouse')).expect(403);
    await later(server.anonymous()).expect(401);
    const { rowCount } = await server.db.pools.app.query(
      `SELECT FROM kernel.outgoing_commands WHERE context->'principal'->>'id' IN ('wim', 'anonymous')`,
    );
    expect(rowCount).toBe(0);
  });

  it('fails with the problem that the request would have been answered with', async () => {
    const unknown = { lines: [{ sku: 'NONE', quantity: 1 }] };
    const { body } = await ended(ada, await later(ada, unknown).expect(202));
    const refused = await order(ada, unknown).expect(409);
    const { instance: _instance, traceId: _traceId, ...problem } = refused.body as Record<string, unknown>;
    expect(body).toMatchObject({ status: 'failed', resource: null, progress: { step: 'done', done: 0 } });
    expect((body as { error: object }).error).toEqual(problem);
    expect(problem).toMatchObject({ status: 409, code: 'ordering.sku-unavailable', detail: expect.any(String) });
  });

  it('fails also where the moment decides: at once, and for good', async () => {
    const started = await ada.post('/v1/orders/drafts').send({}).expect(201);
    const { id } = started.body as { id: string };
    const place = () => ada.post(`/v1/orders/${id}/place`).send({}).set('prefer', 'respond-async');
    const { body } = await ended(ada, await place().set('if-match', '"7"').expect(202));
    expect(body).toMatchObject({
      type: 'ordering.place-draft',
      status: 'failed',
      error: { status: 412, code: 'version-mismatch', currentVersion: 1 },
    });
  });

  it('is executed at once where the route can’t do without: the preference is ignored', async () => {
    const answer = await ada.post('/v1/orders/drafts').send({}).set('prefer', 'respond-async').expect(201);
    expect(answer.headers).not.toHaveProperty('preference-applied');
  });

  it('leaves nothing of the customer behind in the queue', async () => {
    await settled(server.waybill.app);
    const { rows } = await server.db.pools.app.query<{ data: unknown; finished_at: unknown }>(
      'SELECT data, finished_at FROM kernel.outgoing_commands',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ data, finished_at }) => data === null && finished_at !== null)).toBe(true);
    await expect(server.db.pools.query.query('SELECT data FROM kernel.outgoing_commands')).rejects.toThrow(
      'permission denied',
    );
  });
});

describe('a key with Prefer: respond-async', () => {
  it('is one order for 20 requests at once, with and without the preference', async () => {
    const kim = await server.as('kim', 'customer');
    const send = (at: number) => (at % 2 === 0 ? later(kim) : order(kim)).set('idempotency-key', 'k-1');
    const answers: Answer[] = await Promise.all(Array.from({ length: 20 }, (_, at) => send(at)));
    expect(answers.filter(({ status }) => ![201, 202, 409].includes(status))).toEqual([]);
    await settled(server.waybill.app);
    const [placed, ...more] = await ordersOf(kim);
    expect(more).toEqual([]);
    const orderIds = new Set<string>();
    for (const answer of answers.filter(({ status }) => status === 201)) orderIds.add(operationIn(answer).id);
    for (const answer of answers.filter(({ status }) => status === 202))
      orderIds.add(operationIn(await ended(kim, answer)).resource!.id);
    expect([...orderIds]).toEqual([placed!.id]);
    for (const again of [
      await later(kim).set('idempotency-key', 'k-1'),
      await order(kim).set('idempotency-key', 'k-1'),
    ])
      expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(await ordersOf(kim)).toHaveLength(1);
  });

  it('answers with the operation again, and without the preference with the command’s own answer', async () => {
    const send = () => later(ada).set('idempotency-key', 'k-2');
    const first = await send().expect(202);
    const finished = await ended(ada, first);
    const again = await send().expect(202);
    expect(again.body).toEqual(finished.body);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: first.headers['location'] });
    expect(again.headers).not.toHaveProperty('retry-after');
    const plain = await order(ada).set('idempotency-key', 'k-2').expect(201);
    const { id, href } = operationIn(finished).resource as { id: string; href: string };
    expect(plain.headers).toMatchObject({ 'idempotent-replayed': 'true', location: href, etag: '"1"' });
    expect(plain.body).toMatchObject({ id, status: 'placed', version: 1 });
  });

  it('of a command that was executed at once answers with its result', async () => {
    const first = await order(ada).set('idempotency-key', 'k-3').expect(201);
    const again = await later(ada).set('idempotency-key', 'k-3').expect(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: first.headers['location'] });
    expect(again.headers).not.toHaveProperty('preference-applied');
  });

  it('replays a refusal as the refusal, without the preference', async () => {
    const wrong = { expectedTotal: { amount: 1, currency: 'EUR' } };
    await ended(ada, await later(ada, wrong).set('idempotency-key', 'k-4').expect(202));
    const plain = await order(ada, wrong).set('idempotency-key', 'k-4').expect(409);
    expect(plain.body).toMatchObject({ code: 'ordering.price-changed' });
    expect(plain.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  });

  it('means another request with another payload, by any preference, executed or not', async () => {
    await later(ada).set('idempotency-key', 'k-5').expect(202);
    for (const send of [later, order]) {
      const { body } = await send(ada, { shortagePolicy: 'partial' }).set('idempotency-key', 'k-5').expect(422);
      expect(body).toMatchObject({ code: 'idempotency-key-reused' });
    }
  });
});

describe('GET /v1/operations/{id}', () => {
  it('is for who started it and for staff; to others there is nothing', async () => {
    const sent = await later(ada).expect(202);
    const { id } = operationIn(sent);
    const eve = await server.as('eve', 'customer');
    const strange = await eve.get('/v1/operations/01890000-0000-7000-8000-000000000000').expect(404);
    for (const path of [`/v1/operations/${id}`, `/v1/operations/${id}?wait=10`, '/v1/operations/none']) {
      const { body } = await eve.get(path).expect(404);
      const { instance: _i, traceId: _t, ...problem } = body as Record<string, unknown>;
      expect(strange.body).toMatchObject(problem);
    }
    await (await server.as('importer', 'service')).get(`/v1/operations/${id}`).expect(404);
    await sam.get(`/v1/operations/${id}`).expect(200);
    await ada.get(`/v1/operations/${id.toUpperCase()}`).expect(200);
    await server.anonymous().get(`/v1/operations/${id}`).expect(401);
    for (const wait of ['11', '-1', '1.5', 'long']) await ada.get(`/v1/operations/${id}?wait=${wait}`).expect(400);
  });

  it('is described, with the routes that lead to it', async () => {
    const { body } = await server.anonymous().get('/openapi.json').expect(200);
    const { paths, components } = body as {
      paths: Record<string, Record<string, { responses: object }>>;
      components: { schemas: Record<string, object> };
    };
    const schema = { $ref: '#/components/schemas/OperationBody' };
    const content = { 'application/json': { schema } };
    expect(paths['/v1/operations/{id}']!['get']!.responses).toMatchObject({ 200: { content } });
    for (const path of ['/v1/orders', '/v1/orders/{id}/place'])
      expect(paths[path]!['post']!.responses).toMatchObject({ 202: { content }, 201: expect.any(Object) });
    expect(paths['/v1/products']!['post']!.responses).not.toHaveProperty('202');
    expect(components.schemas).toHaveProperty('OperationBody');
  });

  it('shows no command that other commands have caused', async () => {
    const { rows } = await server.db.pools.app.query<{ id: string }>(
      `INSERT INTO kernel.outgoing_commands (id, instance, name, data, context, due_at, state)
       VALUES (gen_random_uuid(), 'x', 'toy.none', '{}',
               '{"tenant":"default","principal":{"id":"ada","roles":[]}}', now(), 'dead-lettered') RETURNING id`,
    );
    await ada.get(`/v1/operations/${rows[0]!.id}`).expect(404);
  });
});

describe('where no worker runs', () => {
  beforeAll(async () => {
    idle = await ServedWaybill.start(`${import.meta.url}#idle`, { ROLE: 'api' });
    await openShop(idle);
  }, 60_000);
  afterAll(() => idle.stop());

  it('an operation is queued, says when to ask again, and can be cancelled', async () => {
    const bob = await idle.as('bob', 'customer');
    const sent = await later(bob).set('idempotency-key', 'k').expect(202);
    expect(sent.headers).toMatchObject({ 'retry-after': '1' });
    const { id } = operationIn(sent);
    const waiting = await bob.get(`/v1/operations/${id}?wait=1`).expect(200);
    expect(waiting.headers).toMatchObject({ 'retry-after': '1' });
    expect(waiting.body).toEqual(sent.body);
    expect(waiting.body).toMatchObject({
      status: 'queued',
      progress: { step: 'waiting', done: 0, total: 1 },
      finishedAt: null,
      consistencyToken: null,
    });
    const plain = await order(bob).set('idempotency-key', 'k').expect(202);
    expect(plain.body).toEqual(sent.body);
    expect(plain.headers).not.toHaveProperty('preference-applied');

    const patient = bob.get(`/v1/operations/${id}?wait=10`).then((answer) => answer);
    await oneWaits();
    expect(idle.waybill.app.get(Admission, { strict: false }).underWay).toBe(0);
    await idle.waybill.app.get(OutgoingCommands, { strict: false }).cancel(id);
    expect((await patient).body).toMatchObject({ status: 'cancelled', finishedAt: expect.any(String), error: null });
  });

  it('a client that waits is answered when the server stops', async () => {
    const bob = await idle.as('bob', 'customer');
    const { id } = operationIn(await later(bob).expect(202));
    const begun = Date.now();
    const patient = bob.get(`/v1/operations/${id}?wait=10`).then((answer) => answer);
    await oneWaits();
    await idle.waybill.stop();
    expect(await patient).toMatchObject({ status: 200, body: { status: 'queued' }, headers: { connection: 'close' } });
    expect(Date.now() - begun).toBeLessThan(9_000);
  });
});

const oneWaits = (): Promise<void> =>
  until('a client waits', () => idle.waybill.app.get(OperationWaits, { strict: false }).count === 1);
