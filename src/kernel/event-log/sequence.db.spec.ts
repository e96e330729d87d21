import pg from 'pg';
import { typeParsers } from '../database/type-parsers.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../testing/databases.js';
import { until } from '../testing/until.js';
import { sequence } from './sql/sequence.js';

let db: FreshDatabase;
const clients: pg.Client[] = [];

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await db.drop();
});

/** A writer whose commit this spec decides. */
async function writer(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: db.appUrl, types: typeParsers });
  await client.connect();
  clients.push(client);
  return client;
}

/** Appends events to one stream each; in a transaction if one is open. */
async function append(on: pg.Client | FreshDatabase['pools']['app'], ...streams: string[]): Promise<void> {
  const events = streams.map((stream) => {
    const event = { tenant: 'default', stream, offset: 1, last: true, id: newId(), name: 'toy.counted', schema: 1 };
    return { ...event, data: {}, meta: {} };
  });
  const work = {
    keys: [],
    streams: streams.map((stream) => ({ tenant: 'default', stream, mode: 'any', count: 1 })),
    uniques: [],
    events,
  };
  await on.query('SELECT FROM kernel.commit($1)', [JSON.stringify(work)]);
}

async function logged(): Promise<string[]> {
  const { rows } = await db.pools.worker.query<{ stream: string }>(
    'SELECT e.stream_id AS stream FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id ORDER BY l.position',
  );
  return rows.map(({ stream }) => stream);
}

async function gaps(): Promise<number[]> {
  const { rows } = await db.pools.worker.query<{ gaps: number[] }>('SELECT gap_ids AS gaps FROM kernel.log_state');
  return rows[0]!.gaps;
}

const sequenceAll = (max = 500) => sequence(db.pools.worker, max);

describe('the sequencer', () => {
  it('gives dense positions in the order of ids', async () => {
    await append(db.pools.app, 'a', 'b');
    await append(db.pools.app, 'c');
    expect(await sequenceAll()).toEqual({ head: 3, assigned: 3 });
    expect(await logged()).toEqual(['a', 'b', 'c']);
  });

  it('writes nothing when there is nothing new', async () => {
    await append(db.pools.app, 'a');
    await sequenceAll();
    const before = await db.pools.worker.query('SELECT xmin, * FROM kernel.log_state');
    expect(await sequenceAll()).toEqual({ head: 1, assigned: 0 });
    expect((await db.pools.worker.query('SELECT xmin, * FROM kernel.log_state')).rows).toEqual(before.rows);
  });

  it('gives as many as it is asked for, the lowest first', async () => {
    await append(db.pools.app, 'a', 'b', 'c', 'd', 'e');
    expect(await sequenceAll(2)).toEqual({ head: 2, assigned: 2 });
    expect(await sequenceAll(2)).toEqual({ head: 4, assigned: 2 });
    expect(await sequenceAll(2)).toEqual({ head: 5, assigned: 1 });
    expect(await logged()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('waits for nobody: who commits late gets a position when it is seen, before what is newer', async () => {
    const late = await writer();
    await late.query('BEGIN');
    await append(late, 'late 1', 'late 2');
    await append(db.pools.app, 'early');
    expect(await sequenceAll()).toEqual({ head: 1, assigned: 1 });
    expect(await gaps()).toHaveLength(2);

    await append(db.pools.app, 'newer');
    await late.query('COMMIT');
    await sequenceAll();
    expect(await logged()).toEqual(['early', 'late 1', 'late 2', 'newer']);
    expect(await gaps()).toEqual([]);
  });

  it('remembers a gap as long as somebody may still fill it, and forgets it when that is over', async () => {
    const [undone, still] = [await writer(), await writer()];
    await undone.query('BEGIN');
    await append(undone, 'undone');
    await still.query('BEGIN');
    await append(still, 'still under way');
    await append(db.pools.app, 'a');
    await sequenceAll();
    expect(await gaps()).toHaveLength(2);

    await undone.query('ROLLBACK');
    await append(db.pools.app, 'b');
    await sequenceAll();
    // The other one began before and is still there: neither gap may be forgotten.
    expect(await gaps()).toHaveLength(2);

    await still.query('COMMIT');
    await append(db.pools.app, 'c');
    await sequenceAll();
    expect(await logged()).toEqual(['a', 'b', 'still under way', 'c']);
    // The oldest transaction is the server's, not the database's: specs beside this one may hold it back for a while.
    await until('the gaps are forgotten', async () => {
      await append(db.pools.app, 'd');
      await sequenceAll();
      return (await gaps()).length === 0;
    });
  });

  it('keeps a gap that was drawn after the snapshot of an earlier call', async () => {
    const [first, second] = [await writer(), await writer()];
    await first.query('BEGIN');
    await append(first, 'first');
    await append(db.pools.app, 'a');
    await sequenceAll();
    await second.query('BEGIN');
    await append(second, 'second');
    await append(db.pools.app, 'b');
    await first.query('COMMIT');
    await sequenceAll();
    await append(db.pools.app, 'c');
    await sequenceAll();
    await second.query('COMMIT');
    await sequenceAll();
    expect(await logged()).toEqual(['a', 'first', 'b', 'c', 'second']);
  });

  it('may be called by many at once: one works, the others find it done', async () => {
    for (let n = 0; n < 20; n += 1) await append(db.pools.app, `s${n}`);
    const ends = await Promise.all(Array.from({ length: 10 }, () => sequence(db.pools.app, 500)));
    expect(ends.filter(({ assigned }) => assigned > 0)).toEqual([{ head: 20, assigned: 20 }]);
    expect(new Set(await logged()).size).toBe(20);
  });

  it('lets readers of positions see none that may still be taken back', async () => {
    const caller = await writer();
    await append(db.pools.app, 'a');
    await caller.query('BEGIN');
    await caller.query('SELECT FROM kernel.sequence(10)');
    expect(await logged()).toEqual([]);
    const other = sequence(db.pools.app, 10);
    await until('the other caller waits', async () => {
      const { rowCount } = await db.pools.app.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`,
      );
      return rowCount === 1;
    });
    await caller.query('ROLLBACK');
    expect(await other).toEqual({ head: 1, assigned: 1 });
  });
});
