import { Client } from 'pg';
import { configurationOf, type Environment } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '../../src/kernel/testing/until.js';
import { boot, type Waybill } from '../../src/boot.js';

const ISSUER = {
  AUTH_MODE: 'jwks',
  AUTH_JWKS_URL: 'https://id.test/keys',
  AUTH_ISSUER: 'https://id.test',
  AUTH_AUDIENCE: 'w',
};

let db: FreshDatabase;
/** In the maintenance database, so that it can shut out everybody else from the spec's own. */
let admin: Client;
const running: Waybill[] = [];

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  const url = new URL(db.url);
  url.pathname = '/postgres';
  admin = new Client(url.toString());
  await admin.connect();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((waybill) => waybill.stop()));
});
afterAll(async () => {
  await admin.end();
  await db.drop();
});

async function serve(environment: Environment = {}): Promise<string> {
  const settings = { ...db.environment, HOST: '127.0.0.1', PORT: '0', SHUTDOWN_WAIT_MS: '0', ...environment };
  const waybill = await boot(configurationOf(settings), { logger: false });
  running.push(waybill);
  return waybill.url!;
}

interface Health {
  readonly status: number;
  readonly body: { readonly code?: string; readonly detail?: string; readonly status?: string };
}

async function health(url: string, probe: 'live' | 'ready' | 'startup'): Promise<Health> {
  const response = await fetch(`${url}/health/${probe}`);
  return { status: response.status, body: (await response.json()) as Health['body'] };
}

async function becomes(url: string, status: number): Promise<Health> {
  let answer = await health(url, 'ready');
  await until(`readiness answers ${status}`, async () => {
    answer = await health(url, 'ready');
    return answer.status === status;
  });
  return answer;
}

describe('a running server', () => {
  it('is live, started and ready, for everybody who asks', async () => {
    const url = await serve();
    expect(await health(url, 'live')).toEqual({ status: 200, body: { status: 'live' } });
    expect(await health(url, 'startup')).toEqual({ status: 200, body: { status: 'started' } });
    expect(await health(url, 'ready')).toEqual({ status: 200, body: { status: 'ready' } });
  });

  it('is live but not ready while its database is away, says so in time, and comes back by itself', async () => {
    const url = await serve();
    const database = new URL(db.url).pathname.slice(1);
    await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);

    const answer = await becomes(url, 503);
    expect(answer.body).toMatchObject({ code: 'database-unavailable', status: 503 });
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1:\d+\/waybill|SELECT|kernel\./);
    const askedAt = Date.now();
    await health(url, 'ready');
    expect(Date.now() - askedAt).toBeLessThan(2_500);
    expect((await health(url, 'live')).status).toBe(200);

    await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    expect((await becomes(url, 200)).body).toEqual({ status: 'ready' });
  });

  it('isn’t ready on a schema that it doesn’t know how to use', async () => {
    const url = await serve();
    const owner = new Client(db.url);
    await owner.connect();
    await owner.query(
      `INSERT INTO kernel.migrations (folder, name, checksum, breaking) VALUES ('kernel', '9999-z', '', true)`,
    );
    const answer = await becomes(url, 503);
    await owner.query(`DELETE FROM kernel.migrations WHERE name = '9999-z'`);
    await owner.end();
    expect(answer.body.code).toBe('database-unavailable');
    expect(answer.body.detail).toContain('newer version');
  });

  it('isn’t ready on a database that has an older text of a function, and is on one that has a newer text', async () => {
    const url = await serve();
    const owner = new Client(db.url);
    await owner.connect();
    const shift = `UPDATE kernel.functions SET version = version + $1 WHERE name = 'kernel.commit'`;
    await owner.query(shift, [-1]);
    const answer = await becomes(url, 503);
    await owner.query(shift, [2]);
    expect((await becomes(url, 200)).body).toEqual({ status: 'ready' });
    await owner.query(shift, [-1]);
    await owner.end();
    expect(answer.body.detail).toContain('function kernel.commit is not applied');
  });

  it('isn’t ready in production on a database server that may lose what it acknowledged', async () => {
    const { rows } = await admin.query<{ fsync: string }>(`SELECT current_setting('fsync') AS fsync`);
    const url = await serve({ NODE_ENV: 'production', ...ISSUER });
    expect((await health(url, 'ready')).status).toBe(rows[0]!.fsync === 'off' ? 503 : 200);
    expect((await health(url, 'live')).status).toBe(200);
  });

  it('that only works on views answers for its health, and nothing else', async () => {
    const url = await serve({ ROLE: 'worker' });
    expect((await health(url, 'ready')).status).toBe(200);
    expect((await fetch(`${url}/v1/orders`)).status).toBe(404);
  });
});
