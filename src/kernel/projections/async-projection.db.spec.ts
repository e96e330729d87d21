import fc from 'fast-check';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counters, streamOf } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';

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

const rowOf = async (id: string): Promise<Record<string, unknown> | undefined> => {
  await settled(toy.app);
  return (
    await toy.rows('SELECT total, kinds, last, version FROM toy_read.counter_search WHERE counter_id = $1', id)
  )[0];
};
const totalsOf = async (kind: string): Promise<object | undefined> => {
  await settled(toy.app);
  return (await toy.rows('SELECT total, counters, label FROM toy_read.kind_totals WHERE kind = $1', kind))[0];
};
const clear = (id: string): Promise<unknown> =>
  toy.inCommand(async () => {
    const counter = await toy.get(Counters).findOrNew(id);
    counter.clear();
    await toy.get(Counters).save(counter);
  });

describe('an async view', () => {
  it('is the fold of its events, with every kind of column as it was written', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 3, 'odd'));
    await toy.run(new CountCommand(id, 4, 'it\'s {even}, "quoted"'));
    expect(await rowOf(id)).toEqual({
      total: 7,
      kinds: ['odd', 'it\'s {even}, "quoted"'],
      last: { by: 4 },
      version: 2,
    });
  });

  it('tells the position of the event that it has folded last', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await rowOf(id);
    const [row] = await toy.rows(
      `SELECT v.position = l.position AS same FROM toy_read.counter_search v, kernel.log l JOIN kernel.events e ON e.id = l.event_id
        WHERE v.counter_id = $1 AND e.stream_id = $2`,
      id,
      streamOf(id),
    );
    expect(row).toEqual({ same: true });
  });

  it('takes several events of one row in one batch, and a row that is removed and comes again', async () => {
    const id = newId();
    await toy.inCommand(async () => {
      const counter = await toy.get(Counters).findOrNew(id);
      counter.count(1, 'a');
      counter.count(2, 'b');
      counter.clear();
      counter.count(3, 'c');
      await toy.get(Counters).save(counter);
    });
    expect(await rowOf(id)).toEqual({ total: 3, kinds: ['c'], last: { by: 3 }, version: 4 });
  });

  it('removes a row', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    expect(await rowOf(id)).toBeDefined();
    await clear(id);
    expect(await rowOf(id)).toBeUndefined();
  });
});

describe('totals', () => {
  it('add up over rows, and take a row out that goes elsewhere or away', async () => {
    const [one, two, red, blue] = [newId(), newId(), newId(), newId()];
    await toy.run(new CountCommand(one, 5, red));
    await toy.run(new CountCommand(two, 7, red));
    expect(await totalsOf(red)).toEqual({ total: 12, counters: 2, label: two });

    await toy.run(new CountCommand(one, 1, blue));
    expect(await totalsOf(red)).toMatchObject({ total: 7, counters: 1 });
    expect(await totalsOf(blue)).toEqual({ total: 6, counters: 1, label: one });

    await clear(two);
    expect(await totalsOf(red)).toMatchObject({ total: 0, counters: 0 });
  });

  it('are the sum over the rows, whatever happened and in whatever batches', async () => {
    const kinds = ['x', 'y', 'z'];
    const step = fc.record({
      counter: fc.nat({ max: 4 }),
      act: fc.oneof(
        fc.record({ by: fc.integer({ min: 1, max: 20 }), kind: fc.constantFrom(...kinds) }),
        fc.constant('clear' as const),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.nat({ max: 1_000_000 }),
        async (steps, run) => {
          for (const { counter, act } of steps) {
            const id = `${run}-${counter}`;
            await (act === 'clear' ? clear(id) : toy.run(new CountCommand(id, act.by, act.kind)));
          }
          await settled(toy.app);
          const wrong = await toy.rows(
            `SELECT * FROM (SELECT kinds[cardinality(kinds)] AS kind, sum(total)::bigint AS total, count(*) AS counters
                            FROM toy_read.counter_search GROUP BY 1) rows
             FULL JOIN (SELECT kind, total, counters FROM toy_read.kind_totals WHERE counters <> 0 OR total <> 0) sums USING (kind)
            WHERE rows.total IS DISTINCT FROM sums.total OR rows.counters IS DISTINCT FROM sums.counters`,
          );
          expect(wrong).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  }, 60_000);
});
