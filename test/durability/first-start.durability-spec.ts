import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gone, serverPidOf } from '../support/embedded-folder.js';
import { BuiltProgram } from '../support/processes.js';

const TIMEOUT_MS = 240_000;
/** What is promised of a second start, on a machine that has nothing else to do. */
const SECOND_START_MS = 3_000;
/** On a busy machine everything takes longer: then so many times what the barest process takes (50 ms on an idle one). */
const BARE_STARTS = 60;

/** What `npm start` prints, as a newcomer uses it. */
interface Welcome {
  readonly url: string;
  readonly authorization: string;
  readonly order: string;
}

let dataDir: string;
const programs: BuiltProgram[] = [];

beforeAll(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'waybill-first-start-')), 'data');
});
afterAll(async () => {
  await Promise.all(programs.filter(({ isRunning }) => isRunning).map((program) => program.kill()));
  const pid = await serverPidOf(dataDir);
  if (pid !== undefined) {
    process.kill(pid, 'SIGQUIT');
    await gone(pid);
  }
  await rm(join(dataDir, '..'), { recursive: true, force: true });
}, TIMEOUT_MS);

function start(): BuiltProgram {
  const unset = { NODE_ENV: '', DATABASE_URL: '', WAYBILL_TEST_DATABASE_URL: '', AUTH_MODE: '' };
  const program = BuiltProgram.start('dist/main.js', [], { ...unset, DATA_DIR: dataDir, PORT: '0' });
  programs.push(program);
  return program;
}

async function bareStartMs(): Promise<number> {
  const startedAt = Date.now();
  await BuiltProgram.start('-e', ['0'], {}).ended;
  return Date.now() - startedAt;
}

async function welcomeOf(program: BuiltProgram): Promise<Welcome> {
  const [, url, authorization, order] = await program.said(
    /^curl -s (http:\S+)\/v1\/orders -H 'Authorization: ([^']+)' -H 'Content-Type: application\/json' -d '(.*)'$/m,
  );
  return { url: url!, authorization: authorization!, order: order! };
}

async function json(welcome: Welcome, path: string, init: RequestInit = {}): Promise<{ status: number; body: never }> {
  const headers = {
    authorization: welcome.authorization,
    'content-type': 'application/json',
    // The list is an async view; this read waits for everything committed before it.
    'consistency-token': 'head',
  };
  const response = await fetch(welcome.url + path, { ...init, headers });
  return { status: response.status, body: (await response.json()) as never };
}

describe('a newcomer’s first hour', () => {
  it(
    'begins with a database of its own, three products, no orders, and a line that works when pasted',
    async () => {
      const program = start();
      const welcome = await welcomeOf(program);
      expect(program.output).toContain(`Database: ${dataDir}`);
      const { body: orders } = await json(welcome, '/v1/orders');
      expect(orders).toMatchObject({ data: [] });
      const { body: products } = await json(welcome, '/v1/products');
      expect((products as { data: unknown[] }).data).toHaveLength(3);
      expect(await json(welcome, '/v1/orders', { method: 'POST', body: welcome.order })).toMatchObject({
        status: 201,
        body: { number: 'SO-1001', status: 'placed' },
      });
      expect(await program.kill('SIGINT')).toEqual({ code: 0, signal: null });
      expect(await serverPidOf(dataDir)).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it(
    'goes on in under three seconds, with everything there and nothing added',
    async () => {
      const allowedMs = Math.max(SECOND_START_MS, BARE_STARTS * (await bareStartMs()));
      const startedAt = Date.now();
      const program = start();
      const welcome = await welcomeOf(program);
      expect(Date.now() - startedAt).toBeLessThan(allowedMs);
      expect(program.output).not.toContain('sample products');
      expect((await json(welcome, '/v1/orders')).body).toMatchObject({ data: [{ number: 'SO-1001' }] });
      await program.kill('SIGKILL');
      expect(await serverPidOf(dataDir)).toBeDefined();
    },
    TIMEOUT_MS,
  );

  it(
    'survives a kill -9: the next start adopts what was left, and stops it in the end',
    async () => {
      const pid = await serverPidOf(dataDir);
      const program = start();
      const welcome = await welcomeOf(program);
      expect(await serverPidOf(dataDir)).toBe(pid);
      expect((await json(welcome, '/v1/orders')).body).toMatchObject({ data: [{ number: 'SO-1001' }] });

      const command = BuiltProgram.start('dist/cli/main.js', ['token', '--role', 'support'], { DATA_DIR: dataDir });
      expect(await command.ended).toEqual({ code: 0, signal: null });
      const token = command.output.trim();
      expect((await json({ ...welcome, authorization: `Bearer ${token}` }, '/v1/orders')).status).toBe(200);

      expect(await program.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(await serverPidOf(dataDir)).toBeUndefined();
    },
    TIMEOUT_MS,
  );
});
