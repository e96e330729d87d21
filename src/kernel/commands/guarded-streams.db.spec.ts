import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counters, Noticed, streamOf } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { EventStreams } from './event-streams.js';
import type { ExpectedVersion } from './unit-of-work.js';

let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(() => db.drop());

/** What kernel.commit takes for one more event of a stream at version 1, decided by another stream at version 1. */
function decision(written: string, guarded: string): string {
  const event = { tenant: 'default', stream: written, version: 2, last: true, id: newId(), name: 'toy.x', schema: 1 };
  const streams = [
    { tenant: 'default', stream: written, mode: 'exact', expected: 1, count: 1 },
    { tenant: 'default', stream: guarded, mode: 'guard', expected: 1, count: 0 },
  ].toSorted((a, b) => (a.stream < b.stream ? -1 : 1));
  return JSON.stringify({ keys: [], streams, uniques: [], events: [{ ...event, data: {}, meta: {} }] });
}

async function begin(...streams: string[]): Promise<void> {
  const work = {
    keys: [],
    streams: streams.map((stream) => ({ tenant: 'default', stream, mode: 'none', expected: 0, count: 1 })),
    uniques: [],
    events: [],
  };
  await db.pools.app.query('SELECT FROM kernel.commit($1)', [JSON.stringify(work)]);
}

describe('two commits that each decide by the stream that the other one writes', () => {
  it('never both succeed: the second waits for the first, and is refused', async () => {
    const [a, b] = [`a-${newId()}`, `b-${newId()}`];
    await begin(a, b);
    const first = await db.pools.app.connect();
    await first.query('BEGIN');
    await first.query('SELECT FROM kernel.commit($1)', [decision(a, b)]);
    let hasEnded = false;
    const second = db.pools.app.query('SELECT FROM kernel.commit($1)', [decision(b, a)]);
    second.catch(() => undefined).finally(() => (hasEnded = true));
    await until('the second commit waits or has ended', async () => {
      const { rowCount } = await db.pools.worker.query('SELECT FROM pg_locks WHERE NOT granted');
      return hasEnded || rowCount !== 0;
    });
    await first.query('COMMIT');
    first.release();
    await expect(second).rejects.toMatchObject({ code: 'WB002' });
  });
});

describe('a command that guards a stream and appends to it', () => {
  let toy: ToyApp;
  beforeAll(async () => {
    await createToyTables(db);
    toy = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
  });
  afterAll(() => toy.close());

  it.each<ExpectedVersion>(['any', 'exists'])(
    'is run again when the stream has moved, though the append itself expects %s version',
    async (expected) => {
      const id = newId();
      await toy.run(new CountCommand(id, 1));
      const seen: number[] = [];
      await toy.inCommand(async () => {
        const { version } = await toy.get(Counters).loadAndGuard(id);
        seen.push(version);
        if (version === 1) await db.pools.app.query('SELECT FROM kernel.commit($1)', [another(streamOf(id))]);
        toy
          .get(EventStreams)
          .append({ stream: streamOf(id), events: [new Noticed(`decided at ${version}`)], expected });
      });
      expect(seen).toEqual([1, 2]);
      expect(await toy.events(streamOf(id))).toMatchObject([
        { version: 1 },
        { version: 2 },
        { version: 3, data: { what: 'decided at 2' } },
      ]);
    },
  );
});

/** What kernel.commit takes for one more event of a stream at version 1. */
function another(stream: string): string {
  const event = { tenant: 'default', stream, version: 2, last: true, id: newId(), name: 'toy.noticed', schema: 1 };
  const streams = [{ tenant: 'default', stream, mode: 'exact', expected: 1, count: 1 }];
  return JSON.stringify({ keys: [], streams, uniques: [], events: [{ ...event, data: { what: 'x' }, meta: {} }] });
}
