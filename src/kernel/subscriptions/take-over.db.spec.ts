import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { withOwner } from '../../platform/database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { keepLeases, releaseLeases, type LeaseRow } from './sql/leases.js';
import { takeOver } from './sql/take-over.js';

const NAME = 'toy.counter-search';
const PARTITIONS = 8;
const LONG_MS = 60_000;

let db: FreshDatabase;
let run: string;
let leases: readonly LeaseRow[];

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  await (await ToyApp.start(db)).close();
  const { rows } = await db.pools.worker.query<{ run: string }>(
    'SELECT kernel.run_of(name, version, registered) AS run FROM kernel.subscriptions WHERE name = $1',
    [NAME],
  );
  run = rows[0]!.run;
});
afterAll(() => db.drop());
beforeEach(async () => {
  leases = await keep('a');
  if (leases.length !== PARTITIONS) throw new Error(`Replica a got ${leases.length} of ${PARTITIONS} partitions.`);
});
afterEach(async () => {
  await asOwner('UPDATE kernel.subscriptions SET version = 1, status = $2, partitions = $3 WHERE name = $1', [
    NAME,
    'running',
    PARTITIONS,
  ]);
  for (const replica of ['a', 'b']) await releaseLeases(db.pools.worker, replica);
});

const keep = (replica: string): Promise<LeaseRow[]> =>
  keepLeases(db.pools.worker, { replica, runs: [run], knows: [run], leaseMs: LONG_MS });

const asOwner = (text: string, values: unknown[]): Promise<unknown> =>
  withOwner(db.url, (owner) => owner.query(text, values));

/** The partitions that replica `a` gets for the leases it was told of. */
async function taken(of: { version?: number; run?: string } = {}): Promise<readonly number[]> {
  const mine = await takeOver(db.pools.worker, { name: NAME, version: 1, run, replica: 'a', ...of }, leases);
  return mine.taken.map(({ partition }) => partition);
}

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

describe('a take-over', () => {
  it('gives the partitions that are leased, with fences above all earlier ones', async () => {
    const fences = async (): Promise<number[]> => {
      const of = { name: NAME, version: 1, run, replica: 'a' };
      return (await takeOver(db.pools.worker, of, leases)).taken.map(({ fence }) => fence);
    };
    const before = await fences();
    const after = await fences();
    expect(after).toHaveLength(PARTITIONS);
    for (const [partition, fence] of after.entries()) expect(fence).toBeGreaterThan(before[partition]!);
  });

  it('gives nothing to another version of the code', async () => {
    expect(await taken({ version: 2 })).toEqual([]);
    await asOwner('UPDATE kernel.subscriptions SET version = 2 WHERE name = $1', [NAME]);
    expect(await taken()).toEqual([]);
  });

  it('gives nothing to a release that takes other events', async () => {
    expect(await taken({ run: run.replace(/#.*/, '#other') })).toEqual([]);
  });

  it.each(['diverged', 'stopped'])('gives nothing of a subscription that is %s', async (status) => {
    await asOwner('UPDATE kernel.subscriptions SET status = $2 WHERE name = $1', [NAME, status]);
    expect(await taken()).toEqual([]);
  });

  it('gives nothing of a subscription that is paused, and back the leases that were in vain', async () => {
    const pause = `UPDATE kernel.subscriptions SET paused_at = $2, paused_by = $3, pause_reason = $3 WHERE name = $1`;
    await asOwner(pause, [NAME, new Date(), 'ada']);
    expect(await taken()).toEqual([]);
    await asOwner(pause, [NAME, null, null]);
    expect(await taken()).toEqual([]);
    leases = await keep('a');
    expect(await taken()).toEqual(ALL);
  });

  it('gives no partition whose lease is another’s by now', async () => {
    await asOwner(`UPDATE kernel.leases SET owner = 'b' WHERE subscription = $1 AND partition IN (1, 5)`, [NAME]);
    await asOwner(`UPDATE kernel.leases SET token = token + 1 WHERE subscription = $1 AND partition = 3`, [NAME]);
    expect(await taken()).toEqual(ALL.filter((partition) => ![1, 3, 5].includes(partition)));
  });

  it('gives no partition that is no more, and says how many there are', async () => {
    await asOwner('UPDATE kernel.subscriptions SET partitions = 4 WHERE name = $1', [NAME]);
    const { layout, taken: rows } = await takeOver(
      db.pools.worker,
      { name: NAME, version: 1, run, replica: 'a' },
      leases,
    );
    expect([layout.partitions, rows.map(({ partition }) => partition)]).toEqual([4, [0, 1, 2, 3]]);
  });
});
