import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { withOwner } from '../../platform/database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { until } from '../testing/until.js';
import { keepLeases, releaseLeases, type LeaseRow } from './sql/leases.js';

const PARTITIONS = 8;
const LONG_MS = 60_000;

let db: FreshDatabase;
let view: string;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const toy = await ToyApp.start(db);
  await toy.close();
  const { rows } = await db.pools.worker.query<{ name: string; runs: string }>(
    `SELECT name, kernel.run_of(name, version, registered) AS runs FROM kernel.subscriptions WHERE partitions = ${PARTITIONS}`,
  );
  view = rows[0]!.runs;
});
afterAll(() => db.drop());
afterEach(async () => {
  for (const replica of ['a', 'b', 'c']) await releaseLeases(db.pools.worker, replica);
});

const keep = (replica: string, leaseMs = LONG_MS): Promise<LeaseRow[]> =>
  keepLeases(db.pools.worker, { replica, runs: [view], knows: [view], leaseMs });

/** Makes the leases of a replica end after so many ms. */
const leaveOf = (replica: string, ms: number): Promise<unknown> =>
  withOwner(db.url, (client) =>
    client.query({
      text: `UPDATE kernel.leases SET expires_at = clock_timestamp() + $1 * interval '1 millisecond' WHERE owner = $2`,
      values: [ms, replica],
    }),
  );

/** What each has after all have looked twice: once to give up, once to take. */
async function shares(...replicas: string[]): Promise<readonly number[]> {
  for (const replica of replicas) await keep(replica);
  const failed = [];
  for (const replica of replicas) failed.push(await keep(replica));
  const partitions = failed.flat().map(({ partition }) => partition);
  expect(new Set(partitions).size).toBe(partitions.length);
  return failed.map(({ length }) => length);
}

describe('the partitions of a subscription', () => {
  it('are shared fairly among the replicas that live, and none is two replicas’', async () => {
    expect(await shares('a')).toEqual([8]);
    expect(await shares('a', 'b')).toEqual([4, 4]);
    expect((await shares('a', 'b', 'c')).toSorted((a, b) => a - b)).toEqual([2, 3, 3]);
    await releaseLeases(db.pools.worker, 'b');
    expect(await shares('a', 'c')).toEqual([4, 4]);
  });

  it('go to nobody who does not run that version of it, with the events that are registered', async () => {
    for (const other of [view.replace('@1', '@2'), view.replace(/#.*/, '#another'), view.replace(/#.*/, '')]) {
      expect(other).not.toBe(view);
      const of = { replica: 'b', runs: [other], knows: [other], leaseMs: LONG_MS };
      expect(await keepLeases(db.pools.worker, of)).toEqual([]);
    }
    expect(await shares('a')).toEqual([8]);
  });

  it('are another’s at once when they are given up', async () => {
    await keep('a');
    expect(await keep('b')).toEqual([]);
    await releaseLeases(db.pools.worker, 'a');
    expect(await keep('b')).toHaveLength(PARTITIONS);
  });

  it('are nobody else’s while any of the lease is left', async () => {
    await keep('a');
    for (const part of [0.9, 0.6, 0.3, 0.1]) {
      await leaveOf('a', part * LONG_MS);
      expect(await keep('b')).toEqual([]);
    }
    await leaveOf('a', 0);
    expect(await keep('b')).not.toEqual([]);
  });

  it('are free when they end later than any lease may: a clock was wrong when they were taken', async () => {
    await keep('a');
    await leaveOf('a', 365 * 24 * 3_600_000);
    expect(await keep('b')).not.toEqual([]);
  });

  it('stay with an owner who is silent until the lease is over by the database’s clock, then go with a higher token', async () => {
    const before = await keep('a', 1_500);
    const { rows } = await db.pools.worker.query<{ at: Date }>('SELECT max(expires_at) AS at FROM kernel.leases');
    expect(await keep('b', 1_500)).toEqual([]);
    let after: LeaseRow[] = [];
    await until('all leases are taken over', async () => {
      after = await keep('b', 1_500);
      return after.length === PARTITIONS;
    });
    const taken = await db.pools.worker.query<{ early: boolean }>(
      `SELECT min(expires_at) - interval '1500 ms' < $1 AS early FROM kernel.leases`,
      [rows[0]!.at],
    );
    expect(taken.rows).toEqual([{ early: false }]);
    const highest = Math.max(...before.map(({ token }) => token));
    expect(after.filter(({ token }) => token <= highest)).toEqual([]);
  });
});

describe('a replica that stops in order', () => {
  it('hands all its partitions over within a second, though its leases are far longer', async () => {
    const [going, staying] = [await ToyApp.start(db), await ToyApp.start(db)];
    const owners = async (): Promise<number[]> => {
      const { rows } = await db.pools.worker.query<{ failed: number }>(
        `SELECT count(*)::int AS failed FROM kernel.leases WHERE subscription = $1 AND expires_at > clock_timestamp() GROUP BY owner`,
        [view.split('@')[0]],
      );
      return rows.map(({ failed }) => failed);
    };
    try {
      await until('both share the work', async () => (await owners()).join() === '4,4');
    } finally {
      await going.close();
    }
    const from = Date.now();
    await eventually(async () => expect(await owners()).toEqual([PARTITIONS]));
    expect(Date.now() - from).toBeLessThan(1_000);
    await staying.close();
  });
});
