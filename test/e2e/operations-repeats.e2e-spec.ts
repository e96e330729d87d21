import { newId } from '#kernel';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

const HANDLER = 'notifications.notify-order-discarded';
const TIMELINE = 'ordering.order-timeline';
const SALES = 'insights.sales-daily';

let server: ServedWaybill;
let olga: Client;

beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  olga = await server.as('olga', 'operator');
  await olga.post(`/ops/v1/subscriptions/${TIMELINE}/pause`).send({ reason: 'other partitions' }).expect(200);
}, 30_000);
afterAll(() => server.stop());

const post = (path: string, key: string, body: object) =>
  olga.post(`/ops/v1/${path}`).set('idempotency-key', key).send(body);

/** How often something was done to a subscription. */
async function actsOn(name: string): Promise<number> {
  const { rowCount } = await server.db.pools.app.query('SELECT FROM kernel.audit WHERE subject = $1', [name]);
  return rowCount!;
}

const ACTS = [
  {
    act: 'a restart',
    of: HANDLER,
    path: `subscriptions/${HANDLER}/restart`,
    body: { from: 'now', reason: 'restored' },
    other: { from: 'beginning', reason: 'restored' },
    answer: { status: 200, body: { name: HANDLER, position: 0 } },
  },
  {
    act: 'a change of partitions',
    of: TIMELINE,
    path: `subscriptions/${TIMELINE}/partitions`,
    body: { partitions: 3 },
    other: { partitions: 5 },
    answer: { status: 200, body: { name: TIMELINE, partitions: 3, position: 0 } },
  },
  {
    act: 'a pause',
    of: SALES,
    path: `subscriptions/${SALES}/pause`,
    body: { reason: 'a migration' },
    other: { reason: 'another' },
    answer: { status: 200, body: { name: SALES, pausedBy: 'olga', reason: 'a migration' } },
  },
  {
    act: 'the rebuild of an async view',
    of: 'ordering.order-search',
    path: 'projections/ordering.order-search/rebuild',
    body: {},
    other: { reason: 'another' },
    answer: { status: 202, body: { name: 'ordering.order-search', state: 'catching-up', target: 0 } },
  },
  {
    act: 'the rebuild of an inline view',
    of: 'ordering.order-summary',
    path: 'projections/ordering.order-summary/rebuild',
    body: {},
    other: { reason: 'another' },
    answer: { status: 202, body: { name: 'ordering.order-summary', state: 'rebuilt', rows: 0 } },
  },
] as const;

describe.each(ACTS)('$act', ({ of, path, body, other, answer }) => {
  it('is done once for one key, and a repeat is answered by what was done', async () => {
    const key = newId();
    const first = await post(path, key, body);
    expect(first).toMatchObject(answer);
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    const after = await actsOn(of);
    const again = await post(path, key, body);
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(await actsOn(of)).toBe(after);
  });

  it('is refused under a key that was used for another one', async () => {
    const key = newId();
    await post(path, key, body).expect(answer.status);
    const after = await actsOn(of);
    expect((await post(path, key, other).expect(422)).body.code).toBe('idempotency-key-reused');
    expect(await actsOn(of)).toBe(after);
  });

  it('is done once however many send it at the same time', async () => {
    const key = newId();
    const ends = await Promise.all([1, 2, 3, 4].map(() => post(path, key, body)));
    const statuses: number[] = ends.map(({ status }) => status);
    expect(statuses).toContain(answer.status);
    // A rebuild under way, or the first request still running.
    expect(statuses.filter((status) => status !== answer.status && status !== 409)).toEqual([]);
    const done = ends.filter(({ status, headers }) => status === answer.status && !('idempotent-replayed' in headers));
    expect(done).toHaveLength(1);
  });
});
