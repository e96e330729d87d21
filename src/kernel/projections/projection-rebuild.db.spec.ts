import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counters, GetCounterQuery } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { MessageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { ProjectionRebuild } from './projection-rebuild.js';

/** Each starts applications and rebuilds views: seconds on a busy machine. */
const SLOW_MS = 30_000;

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

/** Every row of the views, as they are when nothing is left to be done. Positions and ids included. */
async function everything(): Promise<object> {
  await settled(toy.app);
  return {
    inline: await toy.rows('SELECT * FROM toy_read.counters ORDER BY counter_id'),
    async: await toy.rows('SELECT * FROM toy_read.counter_search ORDER BY counter_id'),
    totals: await toy.rows('SELECT * FROM toy_read.kind_totals WHERE counters <> 0 ORDER BY kind'),
  };
}

async function someHistory(counters: number): Promise<string[]> {
  const ids = Array.from({ length: counters }, newId);
  for (const [n, id] of ids.entries()) {
    await toy.run(new CountCommand(id, n, 'first'));
    await toy.run(new CountCommand(id, n, n % 2 === 0 ? 'even' : 'odd'));
    if (n % 5 === 0) {
      await toy.inCommand(async () => {
        const counter = await toy.get(Counters).load(id);
        counter.clear();
        await toy.get(Counters).save(counter);
      });
    }
  }
  return ids;
}

/** A command that the rebuild refused has done nothing, and may be sent again. */
function unlessRebuilding(error: unknown): undefined {
  if ((error as { code?: string }).code !== 'view-rebuilding') throw error;
}

describe('a rebuild', () => {
  it.each(['toy.counters', 'toy.counter-search'])(
    'of %s gives the same rows again',
    async (name) => {
      await someHistory(20);
      const before = await everything();
      await toy.rows('UPDATE toy_read.counters SET total = total + 1');
      await toy.rows('UPDATE toy_read.counter_search SET total = total + 1');
      await toy.get(ProjectionRebuild).rebuild('toy.counters');
      await toy.get(ProjectionRebuild).rebuild(name);
      await toy.get(ProjectionRebuild).rebuild('toy.counter-search');
      expect(await everything()).toEqual(before);
    },
    SLOW_MS,
  );

  it.each(['toy.counters', 'toy.counter-search'])(
    'of %s misses and doubles nothing while commands come in',
    async (name) => {
      const ids = Array.from({ length: 8 }, newId);
      const rebuilds = { areOver: false };
      let counts = 0;
      const load = ids.map(async (id) => {
        while (!rebuilds.areOver) {
          const counted = await toy.run(new CountCommand(id, 1, 'load')).catch(unlessRebuilding);
          if (counted !== undefined) counts += 1;
        }
      });
      try {
        for (let n = 0; n < 3; n += 1) await toy.get(ProjectionRebuild).rebuild(name);
      } finally {
        rebuilds.areOver = true;
        await Promise.all(load);
      }
      await settled(toy.app);

      const sums = await toy.rows(
        `SELECT (SELECT sum(total)::int FROM toy_read.counters WHERE counter_id = ANY ($1)) AS inline,
              (SELECT sum(total)::int FROM toy_read.counter_search WHERE counter_id = ANY ($1)) AS async`,
        ids,
      );
      expect(sums).toEqual([{ inline: counts, async: counts }]);
    },
    SLOW_MS,
  );

  it(
    'tells a reader with a token that the view is behind, instead of showing an empty one as fresh',
    async () => {
      const id = newId();
      const written = new MessageContext();
      await toy.run(new CountCommand(id, 7), written);
      await settled(toy.app);
      const other = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
      await other.get(ProjectionRebuild).rebuild('toy.counter-search');
      const strict = { consistency: { token: 'head', waitMs: 5_000, strict: true } };
      expect(await toy.ask(new GetCounterQuery(id), strict)).toEqual({ total: 7 });
      await other.close();
    },
    SLOW_MS,
  );

  it('is refused for a projection that there is none of', async () => {
    await expect(toy.get(ProjectionRebuild).rebuild('toy.nothing')).rejects.toThrow(
      'No projection toy.nothing. Use one of: toy.counter-search, toy.counters.',
    );
  });
});
