import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { openShop } from '../support/load-shop.js';
import { BuiltProgram, KillableServer } from '../support/processes.js';

const shipTo = { name: 'Ada L.', street: '1 Long Row', city: 'Leeds', country: 'GB' };
const order = { customerId: 'ada', lines: [{ sku: 'TEE', quantity: 1 }], shipTo };
const TIMEOUT_MS = 240_000;
const VIEWS = ['ordering.order-summary', 'ordering.order-search'];

let db: FreshDatabase;
let server: KillableServer;
let token: string;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  server = await KillableServer.on(db.environment);
  await server.start();
  token = (await openShop(server.url)).token;
  for (let n = 0; n < 5; n += 1) await place();
}, TIMEOUT_MS);
afterAll(async () => {
  await server.stop();
  await db.drop();
}, TIMEOUT_MS);

/** Waits until the async views show it. */
async function place(): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=10' };
  const answer = await fetch(`${server.url}/v1/orders`, { method: 'POST', headers, body: JSON.stringify(order) });
  return answer.status;
}

/** The rows of a view; `updated_at` and the like are the events' and stay the same. */
async function rowsOf(view: string): Promise<object[]> {
  const table = view.replace('ordering.', '').replaceAll('-', '_');
  return (await db.pools.app.query<object>(`SELECT * FROM ordering_read.${table} ORDER BY order_id`)).rows;
}

async function rebuild(view: string, failpoints = ''): Promise<BuiltProgram> {
  const program = BuiltProgram.start('dist/cli/main.js', ['rebuild', view], {
    ...db.environment,
    FAILPOINTS: failpoints,
    LOG_LEVEL: 'error',
  });
  await program.ended;
  return program;
}

describe.each(VIEWS)('a rebuild of %s', (view) => {
  it.each(['rebuild.before-swap', 'rebuild.after-swap'])(
    'that is killed at %s leaves the view whole, and its writers go on',
    async (failpoint) => {
      const before = await rowsOf(view);
      expect(before.length).toBeGreaterThanOrEqual(5);
      const killed = await rebuild(view, `${failpoint}=kill`);
      expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL' });
      expect(await place()).toBe(201);
      expect((await rowsOf(view)).slice(0, before.length)).toEqual(before);
      expect(await rowsOf(view)).toHaveLength(before.length + 1);
      expect(await (await rebuild(view)).ended).toEqual({ code: 0, signal: null });
      expect((await rowsOf(view)).slice(0, before.length)).toEqual(before);
    },
    TIMEOUT_MS,
  );
});
