import { AsyncLocalStorage } from 'node:async_hooks';
import { EntityManager } from 'typeorm';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counters, Noticed, streamOf } from '../../../test/support/toys.js';
import { withOwner } from '../../platform/database/prepare.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { EventStreams } from './event-streams.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

/** What runs here is another request, also when a handler starts it. */
const elsewhere = AsyncLocalStorage.snapshot();
const overtake = (id: string): Promise<unknown> => elsewhere(() => toy.run(new CountCommand(id, 1)));
const totalOf = async (id: string): Promise<object | undefined> =>
  (await toy.rows('SELECT total, version FROM toy_read.counters WHERE counter_id = $1', id))[0];

/** A handler that tells how often it ran, and lets `meanwhile` happen between its load and its save. */
function counting(id: string, meanwhile: (attempt: number) => unknown, ifVersion?: number): () => Promise<number> {
  let attempt = 0;
  return async () => {
    attempt += 1;
    const counters = toy.get(Counters);
    const counter = ifVersion === undefined ? await counters.findOrNew(id) : await counters.load(id, { ifVersion });
    await meanwhile(attempt);
    counter.count(10);
    await counters.save(counter);
    return attempt;
  };
}

describe('commands on one stream', () => {
  it('are all taken, none lost and none refused, when 64 come at once', async () => {
    const id = newId();
    const ends = await Promise.allSettled(Array.from({ length: 64 }, () => toy.run(new CountCommand(id, 1))));
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await totalOf(id)).toEqual({ total: 64, version: 64 });
    const totals = ends.map((end) => (end as PromiseFulfilledResult<{ total: number }>).value.total);
    expect(totals.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
  }, 30_000);

  it('are run again with what has changed meanwhile', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    expect(await toy.inCommand(counting(id, (attempt) => (attempt === 1 ? overtake(id) : undefined)))).toBe(2);
    expect(await totalOf(id)).toEqual({ total: 12, version: 3 });
  });

  it('hold the stream from the third try on, so that nobody overtakes them again', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    const others: Promise<unknown>[] = [];
    const beset = (attempt: number): unknown => {
      others.push(overtake(id));
      return attempt < 3 ? others.at(-1) : undefined;
    };
    expect(await toy.inCommand(counting(id, beset))).toBe(3);
    await Promise.all(others);
    expect(await totalOf(id)).toEqual({ total: 14, version: 5 });
  });

  it('are refused, and not run again, when the caller named the version that has gone', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    const handler = counting(id, () => overtake(id), 1);
    await expect(toy.inCommand(handler)).rejects.toMatchObject({ code: 'version-mismatch', currentVersion: 2 });
    expect(await totalOf(id)).toEqual({ total: 2, version: 2 });
  });

  it('give up after five tries, and say that nothing was stored', async () => {
    const id = newId();
    let tries = 0;
    const late = (): void => {
      tries += 1;
      toy.get(EventStreams).append({ stream: `toy.note:${id}`, events: [new Noticed('x')], expected: 7 });
    };
    await expect(toy.inCommand(late)).rejects.toMatchObject({
      code: 'concurrency-conflict',
      message: expect.stringContaining('Nothing was changed'),
    });
    expect(tries).toBe(5);
  });
});

describe('a guarded stream', () => {
  it('makes the command run again when it has moved, and is not written itself', async () => {
    const [rule, id] = [newId(), newId()];
    await toy.run(new CountCommand(rule, 3));
    let tries = 0;
    const guarded = async (): Promise<void> => {
      tries += 1;
      const { total } = await toy.get(Counters).loadAndGuard(rule);
      if (tries === 1) await overtake(rule);
      const counter = await toy.get(Counters).findOrNew(id);
      counter.count(total);
      await toy.get(Counters).save(counter);
    };
    await toy.inCommand(guarded);
    expect(tries).toBe(2);
    expect(await totalOf(id)).toEqual({ total: 4, version: 1 });
    expect(await totalOf(rule)).toEqual({ total: 4, version: 2 });
  });

  it('may be written by the same command as well', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await toy.inCommand(async () => {
      const counter = await toy.get(Counters).loadAndGuard(id);
      counter.count(1);
      await toy.get(Counters).save(counter);
    });
    expect(await totalOf(id)).toEqual({ total: 2, version: 2 });
  });
});

describe('what the database refuses for the sake of others', () => {
  it.each([
    ['a serialization failure', '40001'],
    ['a deadlock', '40P01'],
    ['a lock that came too late', '55P03'],
  ])('%s makes the command run again', async (_, sqlState) => {
    const id = newId();
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '${sqlState}'; END $$`;
    const unlucky = counting(id, (attempt) => (attempt === 1 ? toy.get(EntityManager).query(raise) : undefined));
    expect(await toy.inCommand(unlucky)).toBe(2);
    expect(await totalOf(id)).toEqual({ total: 10, version: 1 });
  });

  it.each(['40001', '40P01', '55P03', 'WB002'])(
    'an error %s of another database does not make the command run again, and is the error that the caller gets',
    async (code) => {
      const other = Object.assign(new Error('the other database is busy'), { code, severity: 'ERROR' });
      let tries = 0;
      const asking = (): never => {
        tries += 1;
        throw other;
      };
      await expect(toy.inCommand(asking)).rejects.toBe(other);
      expect(tries).toBe(1);
    },
  );

  it('a stream that somebody holds too long makes the commit come again', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await withOwner(db.url, async (other) => {
      await other.query('BEGIN');
      await other.query('SELECT kernel.lock_stream($1, $2)', ['default', streamOf(id)]);
      let tries = 0;
      const held = toy.inCommand(counting(id, (attempt) => (tries = attempt)));
      await until('the command comes again', () => tries === 2);
      await other.query('COMMIT');
      await held;
    });
    expect(await totalOf(id)).toEqual({ total: 11, version: 2 });
  });

  it('a stream that somebody holds too long, from the third try on, is waited for again', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await withOwner(db.url, async (other) => {
      await other.query('BEGIN');
      await other.query('SELECT kernel.lock_stream($1, $2)', ['default', streamOf(id)]);
      let tries = 0;
      const handler = async (): Promise<number> => {
        tries += 1;
        if (tries === 4) await other.query('COMMIT');
        const counter = await toy.get(Counters).load(id);
        counter.count(10);
        await toy.get(Counters).save(counter);
        return tries;
      };
      expect(await toy.inCommand(handler)).toBe(4);
    });
    expect(await totalOf(id)).toEqual({ total: 11, version: 2 });
  }, 15_000);
});
