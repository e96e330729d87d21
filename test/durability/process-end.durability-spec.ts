import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '../../src/kernel/testing/until.js';
import { BuiltProgram, KillableServer } from '../support/processes.js';

const TIMEOUT_MS = 120_000;
const ORDER = {
  lines: [{ sku: 'MUG', quantity: 1 }],
  shipTo: { name: 'Ada', street: '1 Long Row', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' },
  paymentMethodToken: 'tok_ok',
};

let db: FreshDatabase;
const programs: { stop(): Promise<unknown> }[] = [];

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
}, TIMEOUT_MS);
afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  await db.drop();
}, TIMEOUT_MS);

async function server(environment: Record<string, string> = {}): Promise<KillableServer> {
  const made = await KillableServer.on({ ...db.environment, ...environment });
  programs.push(made);
  await made.start();
  return made;
}

async function post(url: string, path: string, body: unknown, role: string): Promise<Response> {
  const tokens = await fetch(`${url}/v1/dev/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ subject: 'ada', roles: [role] }),
  });
  const { token } = (await tokens.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('a server that is told to stop', () => {
  it(
    'lets nobody in, finishes what is under way, and ends with 0',
    async () => {
      const { url, stop } = await stoppable();
      const product = { sku: 'MUG', name: 'Mug', unitPrice: { amount: 890, currency: 'EUR' } };
      expect((await post(url, '/v1/products', product, 'manager')).status).toBe(201);

      const obstacle = new Client(db.url);
      await obstacle.connect();
      await obstacle.query('BEGIN; LOCK TABLE kernel.streams IN EXCLUSIVE MODE');
      const ordering = post(url, '/v1/orders', ORDER, 'customer');
      await isWaitedFor(obstacle);
      const ended = stop();
      await refusesConnections(url);
      await obstacle.query('COMMIT');
      await obstacle.end();

      const answer = await ordering;
      expect({ status: answer.status, connection: answer.headers.get('connection') }).toEqual({
        status: 201,
        connection: 'close',
      });
      expect(await ended).toEqual({ code: 0, signal: null });
    },
    TIMEOUT_MS,
  );

  it(
    'says that it isn’t ready, and still answers, while load balancers take notice',
    async () => {
      const running = await server({ SHUTDOWN_WAIT_MS: '3000' });
      expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
      const ended = running.stop();
      const answer = await untilStatus(`${running.url}/health/ready`, 503);
      expect(answer).toMatchObject({ code: 'draining' });
      expect((await fetch(`${running.url}/health/live`)).status).toBe(200);
      expect((await post(running.url, '/v1/orders/drafts', {}, 'customer')).status).toBe(201);
      expect(await ended).toEqual({ code: 0, signal: null });
    },
    TIMEOUT_MS,
  );
});

describe('a start that can’t succeed', () => {
  it.each([
    ['a setting is wrong', { PORT: 'x' }, /PORT must be a whole number from 0 to 65535/],
    [
      'the database is out of reach',
      { DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:1/d' },
      /can't be reached.*DATABASE_URL/,
    ],
    ['production has no database', { NODE_ENV: 'production', DATABASE_URL: '' }, /DATABASE_URL is not set/],
  ])(
    'ends with 1 and a plain text when %s',
    async (_, environment, text) => {
      const companions = { DATABASE_APP_URL: '', DATABASE_WORKER_URL: '', DATABASE_QUERY_URL: '' };
      const program = BuiltProgram.start('dist/main.js', [], { ...db.environment, ...companions, ...environment });
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.output).toMatch(text);
      expect(program.output).not.toMatch(/s3cret|\n {4}at /);
    },
    TIMEOUT_MS,
  );

  it(
    'names PORT when the port is taken',
    async () => {
      const { url } = await server();
      const port = new URL(url).port;
      const program = BuiltProgram.start('dist/main.js', [], { ...db.environment, PORT: port });
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.output).toContain(`Port ${port} is in use`);
    },
    TIMEOUT_MS,
  );
});

describe('a fault that nobody handles', () => {
  it.each([
    ['rejection', 'nobody waits for this'],
    ['exception', 'nobody catches this'],
  ])(
    'is told and ends the process (%s)',
    async (kind, text) => {
      const program = BuiltProgram.start('test/support/faulty-process.mjs', [kind], {});
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.output).toContain(text);
    },
    TIMEOUT_MS,
  );
});

async function stoppable(): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const running = await server();
  return { url: running.url, stop: () => running.stop() };
}

function isWaitedFor(holder: Client): Promise<void> {
  return until('somebody waits for the lock', async () => {
    const { rowCount } = await holder.query(
      'SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))',
    );
    return rowCount !== 0;
  });
}

function refusesConnections(url: string): Promise<void> {
  return until('nobody listens', () =>
    fetch(`${url}/health/live`).then(
      () => false,
      () => true,
    ),
  );
}

async function untilStatus(url: string, status: number): Promise<unknown> {
  let response = await fetch(url);
  await until(`the status is ${status}`, async () => (response = await fetch(url)).status === status);
  return response.json();
}
