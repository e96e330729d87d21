import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import {
  CountCommand,
  CounterProjection,
  Counters,
  CounterSearchProjection,
  CounterSearchView,
  CounterView,
  CountHandler,
  GetCounterQuery,
  KindTotalsView,
} from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { MessageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../testing/databases.js';
import { settled } from '../testing/settled.js';
import { SubscriptionEngine } from '../subscriptions/subscription-engine.js';
import { ProjectionRebuild } from './projection-rebuild.js';
import { Projection } from './projection.decorator.js';

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
          await toy.run(new CountCommand(id, 1, 'load'));
          counts += 1;
        }
      });
      for (let n = 0; n < 3; n += 1) await toy.get(ProjectionRebuild).rebuild(name);
      rebuilds.areOver = true;
      await Promise.all(load);
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
      'There is no projection toy.nothing. Known: toy.counter-search, toy.counters.',
    );
  });
});

describe('a view that another version of its code has filled', () => {
  @Projection({ name: 'toy.counters', version: 2, mode: 'inline', view: CounterView })
  class NewerInline extends CounterProjection {}
  @Projection({ name: 'toy.counter-search', version: 2, mode: 'async', view: CounterSearchView })
  class NewerAsync extends CounterSearchProjection {}
  @Projection({ name: 'toy.counters', version: 1, mode: 'async', view: CounterView })
  class NowAsync extends CounterProjection {}
  const partsWith = (projection: typeof NewerInline | typeof NewerAsync) => ({
    entities: [CounterView, CounterSearchView, KindTotalsView],
    providers: [Counters, CountHandler, projection],
  });

  it.each([
    ['inline', NewerInline, 'toy.counters'],
    ['async', NewerAsync, 'toy.counter-search'],
  ])('stops the start, naming the command that helps (%s)', async (mode, projection, name) => {
    await expect(ToyApp.start(db, { parts: partsWith(projection) })).rejects.toThrow(
      `${name} is ${mode} at version 2, but its view was filled ${mode} at version 1. Its rows can't be mixed. Run: npm run waybill -- rebuild ${name}`,
    );
  });

  it('stops the start as well when it is to be kept in another way', async () => {
    await expect(ToyApp.start(db, { parts: partsWith(NowAsync) })).rejects.toThrow(
      'Run: npm run waybill -- rebuild toy.counters',
    );
  });

  it(
    'is filled by the new version once that command has run',
    async () => {
      const id = newId();
      await toy.run(new CountCommand(id, 4));
      await settled(toy.app);
      const parts = partsWith(NewerAsync);
      const command = await ToyApp.start(db, {
        parts,
        kernel: { runSubscriptions: false, toleratesOutdatedViews: true },
      });
      await command.get(ProjectionRebuild).rebuild('toy.counter-search');
      await command.close();

      const newer = await ToyApp.start(db, { parts });
      await settled(newer.app);
      expect(await newer.rows('SELECT total FROM toy_read.counter_search WHERE counter_id = $1', id)).toEqual([
        { total: 4 },
      ]);
      const owners = await newer.rows(
        `SELECT DISTINCT owner FROM kernel.leases WHERE subscription = 'toy.counter-search'`,
      );
      expect(owners).toEqual([{ owner: newer.get(SubscriptionEngine).replica }]);
      await newer.close();
    },
    SLOW_MS,
  );

  it(
    'is filled in the new way once that command has run',
    async () => {
      await toy.run(new CountCommand(newId(), 4));
      const inline = await toy.rows('SELECT * FROM toy_read.counters ORDER BY counter_id');
      const parts = partsWith(NowAsync);
      const command = await ToyApp.start(db, {
        parts,
        kernel: { runSubscriptions: false, toleratesOutdatedViews: true },
      });
      await command.get(ProjectionRebuild).rebuild('toy.counters');
      await command.close();

      const now = await ToyApp.start(db, { parts });
      await settled(now.app);
      expect(await now.rows('SELECT * FROM toy_read.counters ORDER BY counter_id')).toEqual(inline);
      await now.close();
    },
    SLOW_MS,
  );
});
