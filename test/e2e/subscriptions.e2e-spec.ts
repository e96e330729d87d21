import { newId } from '#kernel';
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

async function placedOrder(): Promise<{ id: string }> {
  const basket = { lines: [{ sku: 'TEE', quantity: 2 }], shipTo, paymentMethodToken: 'tok_ok' };
  const { body } = await ada.post('/v1/orders').set('idempotency-key', newId()).send(basket).expect(201);
  return body as { id: string };
}

describe('an operator', () => {
  it('changes the partitions of a paused subscription', async () => {
    const path = '/ops/v1/subscriptions/ordering.order-timeline/partitions';
    const running = await olga.post(path).send({ partitions: 3 }).expect(409);
    expect(running.body.code).toBe('repartition-refused');
    expect(running.body.detail).toContain('subscriptions pause ordering.order-timeline');
    const pause = '/ops/v1/subscriptions/ordering.order-timeline/pause';
    await olga.post(pause).send({ reason: 'other partitions' }).expect(200);
    const { body } = await olga.post(path).send({ partitions: 3, reason: 'trying it' }).expect(200);
    expect(body).toMatchObject({ name: 'ordering.order-timeline', partitions: 3 });
    const all = (await olga.get('/ops/v1/subscriptions').expect(200)).body.data as { name: string; partitions: [] }[];
    expect(all.find(({ name }) => name === 'ordering.order-timeline')!.partitions).toHaveLength(3);
    const unknown = olga.post('/ops/v1/subscriptions/nobody.knows/partitions').send({ partitions: 3 });
    expect((await unknown.expect(409)).body.code).toBe('repartition-refused');
    await olga.post(path).send({ partitions: 0 }).expect(400);
    await olga.post('/ops/v1/subscriptions/ordering.order-timeline/resume').send({}).expect(200);
  });

  it('pauses a subscription until it is resumed, and says who did it and why', async () => {
    const name = 'ordering.order-timeline';
    const act = (verb: string, of = name) =>
      olga.post(`/ops/v1/subscriptions/${of}/${verb}`).send({ reason: 'a migration' });
    const { body } = await act('pause').expect(200);
    expect(body).toEqual({ name, pausedAt: expect.stringMatching(/Z$/), pausedBy: 'olga', reason: 'a migration' });
    const all = (await olga.get('/ops/v1/subscriptions').expect(200)).body.data as { name: string; paused: unknown }[];
    const paused = { at: body.pausedAt, by: 'olga', reason: 'a migration' };
    expect(all.filter((each) => each.paused !== null)).toMatchObject([{ name, status: 'running', paused }]);
    const status = (await olga.get('/ops/v1/status').expect(200)).body;
    expect(status.status).toBe('warning');
    expect(status.findings).toContainEqual(
      expect.objectContaining({ what: expect.stringContaining(`${name} is paused since ${body.pausedAt} by olga`) }),
    );
    await olga.get('/health/ready').expect(200);
    expect((await olga.get('/metrics').expect(200)).text).toContain(
      `waybill_subscription_paused{subscription="${name}"} 1`,
    );
    const { id } = await placedOrder();
    const stale = await ada.get(`/v1/orders/${id}/timeline`).set('consistency-token', 'head').set('prefer', 'wait=0');
    expect(stale.headers['consistency-status']).toMatch(/^stale; behind=/);
    expect((await act('resume').expect(200)).body).toEqual({ name, wasPaused: true });
    const fresh = await ada.get(`/v1/orders/${id}/timeline`).set('consistency-token', 'head').set('prefer', 'wait=5');
    expect(fresh.headers).not.toHaveProperty('consistency-status');
    for (const verb of ['pause', 'resume']) {
      expect((await act(verb, 'nobody.knows').expect(404)).body.code).toBe('subscription-unknown');
      expect((await act(verb, 'ordering.order-summary').expect(409)).body.code).toBe('pause-refused');
    }
    await olga.post(`/ops/v1/subscriptions/${name}/pause`).send({}).expect(400);
    const audit = (await olga.get(`/ops/v1/audit?subject=${name}`).expect(200)).body.data as { action: string }[];
    expect(audit.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['subscriptions.pause', 'subscriptions.resume']),
    );
  });
});
