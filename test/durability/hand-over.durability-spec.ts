import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '../../src/kernel/testing/until.js';
import { KillableServer } from '../support/processes.js';

const LEASE_MS = 4_000;
/** A worker looks for leases that have ended three times per lease. */
const LOOK_MS = LEASE_MS / 3;
/** For a busy machine. */
const GRACE_MS = 2_000;
const TIMEOUT_MS = 180_000;

let db: FreshDatabase;
const workers: KillableServer[] = [];

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  for (const _ of [1, 2]) {
    const environment = { ...db.environment, SUBSCRIPTIONS_LEASE_MS: String(LEASE_MS) };
    const worker = await KillableServer.on(environment);
    await worker.start({ ROLE: 'worker' });
    workers.push(worker);
  }
  await until('both workers share the work', async () => (await owners()).size === 2, 30_000);
}, TIMEOUT_MS);
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await db.drop();
}, TIMEOUT_MS);

/** Leases that hold, by owner. */
async function owners(): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.pools.worker.query<{ owner: string; held: number }>(
    'SELECT owner, count(*)::int AS held FROM kernel.leases WHERE expires_at > clock_timestamp() GROUP BY owner',
  );
  return new Map(rows.map(({ owner, held }) => [owner, held]));
}

/** From now until one worker holds as many leases as both did, in ms. */
async function takenOverAfter(all: number, withinMs: number): Promise<number> {
  const from = Date.now();
  const isTaken = async (): Promise<boolean> => [...(await owners()).values()].join() === String(all);
  await until('one worker holds all leases', isTaken, withinMs);
  return Date.now() - from;
}

const allLeases = async (): Promise<number> => [...(await owners()).values()].reduce((sum, held) => sum + held, 0);

describe('one of two workers', () => {
  it(
    'hands its partitions over in less than a second on SIGTERM',
    async () => {
      const all = await allLeases();
      const ending = workers[0]!.stop();
      expect(await takenOverAfter(all, LEASE_MS)).toBeLessThan(1_000);
      expect(await ending).toEqual({ code: 0, signal: null });
    },
    TIMEOUT_MS,
  );

  it(
    'is taken over from when it is killed: not before its leases have ended, and soon after',
    async () => {
      const all = await allLeases();
      await workers[0]!.kill();
      const ms = await takenOverAfter(all, LEASE_MS + LOOK_MS + GRACE_MS);
      expect(ms).toBeGreaterThan(LEASE_MS - LOOK_MS - GRACE_MS / 4);
    },
    TIMEOUT_MS,
  );
});
