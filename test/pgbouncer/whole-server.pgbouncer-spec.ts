import { Client } from 'pg';
import { testServerUrl, type Environment } from '#config';
import { withUser } from '../../src/platform/database/logins.js';
import { eventually } from '../../src/kernel/testing/eventually.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { BuiltProgram, KillableServer } from '../support/processes.js';

const NAME = `waybill_pooled_server_${process.pid}`;
const TIMEOUT_MS = 120_000;
const ORDER = {
  lines: [{ sku: 'MUG', quantity: 2 }],
  shipTo: { name: 'Ada', street: '1 Long Row', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' },
};

let admin: Client;
let pooler: PgBouncer;
let environment: Environment;
const servers: KillableServer[] = [];

beforeAll(async () => {
  admin = new Client(testServerUrl());
  await admin.connect();
  await admin.query(`CREATE ROLE ${NAME} LOGIN CREATEROLE PASSWORD 'owner'`);
  await admin.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`);
  // Fewer sessions than one process alone would open connections.
  pooler = await PgBouncer.start(testServerUrl()!, { default_pool_size: '3' });
  const direct = new URL(withUser(testServerUrl()!, NAME, 'owner'));
  direct.pathname = `/${NAME}`;
  environment = {
    NODE_ENV: 'test',
    AUTH_MODE: 'dev',
    DATABASE_URL: pooler.through(direct.toString()),
    DATABASE_LISTEN_URL: direct.toString(),
    DATABASE_STATEMENT_NAMES: 'false',
    WAYBILL_TEST_DATABASE_URL: '',
  };
}, TIMEOUT_MS);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await pooler.stop();
  await admin.query(`DROP DATABASE IF EXISTS ${NAME} WITH (FORCE)`);
  for (const suffix of ['', '_app', '_worker', '_query']) await admin.query(`DROP ROLE IF EXISTS ${NAME}${suffix}`);
  await admin.end();
}, TIMEOUT_MS);

async function served(more: Environment = {}): Promise<KillableServer> {
  const server = await KillableServer.on({ ...environment, ...more });
  servers.push(server);
  await server.start();
  return server;
}

async function as(url: string, role: string): Promise<(path: string, body?: unknown) => Promise<Response>> {
  const json = { 'content-type': 'application/json' };
  const who = JSON.stringify({ subject: 'ada', roles: [role] });
  const answer = await fetch(`${url}/v1/dev/tokens`, { method: 'POST', headers: json, body: who });
  const { token } = (await answer.json()) as { token: string };
  const headers = { ...json, authorization: `Bearer ${token}` };
  return (path, body) =>
    fetch(url + path, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('npm start with DATABASE_URL at pgbouncer', () => {
  it(
    'migrates, takes orders on three sessions for each role, and shows them in views',
    async () => {
      const { url } = await served();
      const [manager, customer] = await Promise.all([as(url, 'manager'), as(url, 'customer')]);
      const product = { sku: 'MUG', name: 'Mug', unitPrice: { amount: 890, currency: 'EUR' } };
      expect((await manager('/v1/products', product)).status).toBe(201);
      const taken = await Promise.all(Array.from({ length: 40 }, () => customer('/v1/orders', ORDER)));
      expect(new Set(taken.map(({ status }) => status))).toEqual(new Set([201]));
      await eventually(async () => {
        const found = (await (await customer('/v1/orders?limit=100')).json()) as { data: unknown[] };
        expect(found.data).toHaveLength(40);
      });
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    },
    TIMEOUT_MS,
  );

  it('has at the server only the sessions that pgbouncer opened', async () => {
    const { rows } = await admin.query<{ role: string; sessions: number }>(
      `SELECT usename AS role, count(*)::int AS sessions FROM pg_stat_activity
        WHERE datname = $1 AND starts_with(usename, $1 || '_') GROUP BY usename ORDER BY 1`,
      [NAME],
    );
    expect(rows.map(({ role }) => role)).toEqual([`${NAME}_app`, `${NAME}_query`, `${NAME}_worker`]);
    expect(Math.max(...rows.map(({ sessions }) => sessions))).toBeLessThanOrEqual(3);
    const { transactions } = await pooler.traffic();
    expect(transactions).toBeGreaterThan(100);
  });

  it(
    'says at its start what is missing, and doctor does',
    async () => {
      const named = { ...environment, DATABASE_STATEMENT_NAMES: 'true', PORT: '0', HOST: '127.0.0.1' };
      const refused = BuiltProgram.start('dist/main.js', [], named);
      expect(await refused.ended).toMatchObject({ code: 1 });
      expect(refused.output).toMatch(/Set DATABASE_STATEMENT_NAMES=false/);
      const doctor = BuiltProgram.start('dist/cli/main.js', ['doctor'], { ...named, DATABASE_LISTEN_URL: '' });
      await doctor.ended;
      expect(doctor.output).toMatch(/does not preserve prepared statements[^]*Set DATABASE_STATEMENT_NAMES=false/);
      expect(doctor.output).toMatch(/LISTEN goes through a pooler[^]*Set DATABASE_LISTEN_URL/);
    },
    TIMEOUT_MS,
  );
});
