import pg from 'pg';
import { typeParsers } from '../database/type-parsers.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { sequence, trySequence } from './sql/sequence.js';

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
  const { rows } = await db.pools.worker.query<{ id: number }>(
    `SELECT id FROM kernel.log_state s, unnest(s.gap_from, s.gap_to) AS g (lo, hi), generate_series(g.lo, g.hi) AS id ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

async function ranges(): Promise<number> {
  const { rows } = await db.pools.worker.query<{ n: number }>(
    'SELECT cardinality(gap_from) AS n FROM kernel.log_state',
  );
  return rows[0]!.n;
}

const sequenceAll = (max = 500) => sequence(db.pools.worker, max);

describe('the sequencer', () => {
  it('gives dense positions in the order of ids', async () => {
    await append(db.pools.app, 'a', 'b');
    await append(db.pools.app, 'c');
    expect(await sequenceAll()).toMatchObject({ head: 3, assigned: 3 });
    expect(await logged()).toEqual(['a', 'b', 'c']);
  });

  it('writes nothing when there is nothing new', async () => {
    await append(db.pools.app, 'a');
    await sequenceAll();
    const before = await db.pools.worker.query('SELECT xmin, * FROM kernel.log_state');
    expect(await sequenceAll()).toMatchObject({ head: 1, assigned: 0 });
    expect((await db.pools.worker.query('SELECT xmin, * FROM kernel.log_state')).rows).toEqual(before.rows);
  });

  it('gives as many as it is asked for, the lowest first', async () => {
    await append(db.pools.app, 'a', 'b', 'c', 'd', 'e');
    expect(await sequenceAll(2)).toMatchObject({ head: 2, assigned: 2 });
    expect(await sequenceAll(2)).toMatchObject({ head: 4, assigned: 2 });
    expect(await sequenceAll(2)).toMatchObject({ head: 5, assigned: 1 });
    expect(await logged()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('waits for nobody: who commits late gets a position when it is seen, before what is newer', async () => {
    const late = await writer();
    await late.query('BEGIN');
    await append(late, 'late 1', 'late 2');
    await append(db.pools.app, 'early');
    expect(await sequenceAll()).toMatchObject({ head: 1, assigned: 1 });
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

  it('keeps the gap of a writer who begins while it takes its snapshot', async () => {
    const [watcher, late] = [await writer(), await writer()];
    const owner = new pg.Client({ connectionString: db.url, types: typeParsers });
    await owner.connect();
    clients.push(owner);
    // A connection that has called it before waits where it reads the table, not where it looks up the table's columns.
    await sequenceAll();
    await owner.query('BEGIN; LOCK TABLE kernel.log_state IN ACCESS EXCLUSIVE MODE');
    const first = sequenceAll();
    await until('the call has begun', async () => {
      const { rowCount } = await watcher.query(
        `SELECT FROM pg_locks WHERE NOT granted AND relation = 'kernel.log_state'::regclass
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rowCount !== 0;
    });
    await late.query('BEGIN');
    await append(late, 'late');
    const { rows } = await late.query<{ xid: string }>('SELECT pg_current_xact_id() AS xid');
    await append(db.pools.app, 'early');
    await owner.query('COMMIT');
    await first;
    // The oldest transaction is the server's: gaps are kept for those of other databases as well.
    await until('the late writer is the oldest one, and was so during a call', async () => {
      const oldest = await watcher.query('SELECT pg_snapshot_xmin(pg_current_snapshot()) = $1::xid8 AS "isLate"', [
        rows[0]!.xid,
      ]);
      await append(db.pools.app, 'newer');
      await sequenceAll();
      return (oldest.rows[0] as { isLate: boolean }).isLate;
    });
    await late.query('COMMIT');
    await append(db.pools.app, 'last');
    await sequenceAll();
    expect(await logged()).toContain('late');
  });

  it('may be called by many at once: one works, the others find it done', async () => {
    for (let n = 0; n < 20; n += 1) await append(db.pools.app, `s${n}`);
    const ends = await Promise.all(Array.from({ length: 10 }, () => sequence(db.pools.app, 500)));
    expect(ends.filter(({ assigned }) => assigned > 0)).toEqual([expect.objectContaining({ head: 20, assigned: 20 })]);
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
    expect(await other).toMatchObject({ head: 1, assigned: 1 });
  });

  it('keeps a gap of many ids as one range, which late commits split', async () => {
    const [long, other] = [await writer(), await writer()];
    await long.query('BEGIN');
    await append(long, ...Array.from({ length: 40 }, (_, n) => `long ${n}`));
    await other.query('BEGIN');
    await append(other, 'other');
    await append(long, ...Array.from({ length: 40 }, (_, n) => `longer ${n}`));
    await append(db.pools.app, 'a');
    await sequenceAll();
    expect([await ranges(), (await gaps()).length]).toEqual([1, 81]);

    await other.query('COMMIT');
    await sequenceAll();
    expect([await ranges(), (await gaps()).length]).toEqual([2, 80]);
    expect(await logged()).toEqual(['a', 'other']);
    await long.query('ROLLBACK');
    await until('the gaps are forgotten', async () => {
      await append(db.pools.app, 'd');
      await sequenceAll();
      return (await ranges()) === 0;
    });
  });

  it('gives late events their positions in the order of ids and before newer ones, also when they are more than one call takes', async () => {
    const late = await writer();
    await late.query('BEGIN');
    const streams = Array.from({ length: 7 }, (_, n) => `late ${n}`);
    await append(late, ...streams);
    await append(db.pools.app, 'early');
    await sequenceAll();
    await late.query('COMMIT');
    await append(db.pools.app, 'newer');
    await until('everything has a position', async () => (await sequenceAll(3)).assigned === 0);
    expect(await logged()).toEqual(['early', ...streams, 'newer']);
    expect(await gaps()).toEqual([]);
  });

  it('is not waited for by a reader that only tries: it learns of the head, and that another one gives positions', async () => {
    await append(db.pools.app, 'a', 'b');
    await sequenceAll();
    const caller = await writer();
    await caller.query('BEGIN');
    await caller.query('SELECT FROM kernel.sequence(10)');
    await append(db.pools.app, 'c');
    expect(await trySequence(db.pools.app, 10)).toMatchObject({ head: 2, assigned: null });
    await caller.query('COMMIT');
    expect(await trySequence(db.pools.app, 10)).toMatchObject({ head: 3, assigned: 1 });
  });

  it('tells the event at the head', async () => {
    expect(await sequenceAll()).toMatchObject({ head: 0, headEvent: null });
    await append(db.pools.app, 'a', 'b');
    const { headEvent } = await sequenceAll();
    const { rows } = await db.pools.app.query(`SELECT event_id FROM kernel.events WHERE stream_id = 'b'`);
    expect(rows).toEqual([{ event_id: headEvent }]);
  });
});
