import type { Environment } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '../../src/kernel/testing/until.js';
import { settled } from '../support/ledger-facts.js';
import { openShop } from '../support/load-shop.js';
import { KillableServer } from '../support/processes.js';

const shipTo = { name: 'Ada L.', street: '1 Long Row', city: 'Leeds', country: 'GB' };
const order = { customerId: 'ada', lines: [{ sku: 'TEE', quantity: 1 }], shipTo };
const ASYNC = { prefer: 'respond-async' };
/** Starts, and the half minute for which a dead process keeps its claim. */
const TIMEOUT_MS = 240_000;

interface Operation {
  readonly id: string;
  readonly status: string;
  readonly resource: { readonly id: string } | null;
}

let db: FreshDatabase;
let server: KillableServer;
let token: string;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  server = await KillableServer.on(db.environment);
  await server.start();
  token = (await openShop(server.url)).token;
}, TIMEOUT_MS);
afterAll(async () => {
  await server.stop();
  await db.drop();
}, TIMEOUT_MS);

async function send(headers: Readonly<Record<string, string>>): Promise<{ status: number; body: Operation }> {
  const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
  const answer = await fetch(`${server.url}/v1/orders`, { method: 'POST', headers: all, body: JSON.stringify(order) });
  return { status: answer.status, body: (await answer.json()) as Operation };
}

/** Follows an operation to its end. */
async function followed(id: string): Promise<Operation> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS / 2);
  for (;;) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${server.url}/v1/operations/${id}?wait=10`, { headers, signal: deadline });
    const operation = (await answer.json()) as Operation;
    if (operation.status !== 'queued' && operation.status !== 'running') return operation;
  }
}

async function orders(): Promise<string[]> {
  const { rows } = await db.pools.app.query<{ id: string }>(
    `SELECT split_part(stream_id, ':', 2) AS id FROM kernel.events WHERE name = 'ordering.order-placed' ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

/** Calls to other systems: what comes of one is recorded by a command. */
async function pendingCalls(): Promise<number> {
  const { rowCount } = await db.pools.app.query(`SELECT FROM kernel.effects WHERE state IN ('pending', 'running')`);
  return rowCount ?? 0;
}

/** A life in which the request is sent, which ends before its order is there, or before anybody hears of it. */
async function dyingLife(settings: Environment, headers: Readonly<Record<string, string>>): Promise<void> {
  // Nothing else is left to be done, so that the failpoint is passed by this request first, then by its execution.
  await settled(db.url);
  await until('what customers are told has been sent', async () => (await pendingCalls()) === 0, 60_000);
  await server.stop();
  await server.start(settings);
  const answer = await send(headers).catch(() => undefined);
  if (settings['FAILPOINTS'] === undefined) {
    expect(answer).toMatchObject({ status: 202, body: { status: 'queued' } });
    await server.kill();
  } else expect(await server.ended()).toEqual({ code: null, signal: 'SIGKILL' });
}

describe('a server killed between a request with Prefer: respond-async and its order', () => {
  it.each<[string, Environment]>([
    ['once it has said 202, while nobody executes', { ROLE: 'api' }],
    ['before it is stored', { FAILPOINTS: 'cmd.before-commit=kill@1' }],
    ['once it is stored, before it says so', { FAILPOINTS: 'cmd.after-commit-before-reply=kill@1' }],
    ['while it is executed', { FAILPOINTS: 'cmd.before-commit=kill@2' }],
    ['once it is executed', { FAILPOINTS: 'cmd.after-commit-before-reply=kill@2' }],
  ])(
    'has made one order when the client repeats it, killed %s',
    async (_, settings) => {
      const known = await orders();
      const key = { 'idempotency-key': `order ${known.length}`.replace(' ', '-') };
      await dyingLife(settings, { ...ASYNC, ...key });
      await server.start();
      const again = await send({ ...ASYNC, ...key });
      expect(again.status).toBe(202);
      const { status, resource } = await followed(again.body.id);
      expect(status).toBe('succeeded');
      expect((await orders()).filter((id) => !known.includes(id))).toEqual([resource!.id]);
      const plain = await send(key);
      expect(plain).toMatchObject({ status: 201, body: { id: resource!.id } });
    },
    TIMEOUT_MS,
  );

  it(
    'has made two when the client repeats it without a key (control)',
    async () => {
      const known = await orders();
      await dyingLife({ ROLE: 'api' }, ASYNC);
      await server.start();
      await followed((await send(ASYNC)).body.id);
      const { rows } = await db.pools.app.query<{ id: string }>('SELECT id FROM kernel.outgoing_commands');
      for (const { id } of rows) await followed(id);
      expect((await orders()).length - known.length).toBe(2);
    },
    TIMEOUT_MS,
  );
});
