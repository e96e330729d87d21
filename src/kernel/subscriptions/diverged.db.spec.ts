import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';

const PATIENCE_MS = 20_000;

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

const head = { consistency: { token: 'head', waitMs: 5_000, strict: true } };
const statusOf = async (): Promise<unknown> =>
  (await toy.rows(`SELECT status FROM kernel.subscriptions WHERE name = 'toy.counter-search'`))[0];

describe('a view that has seen events which the log does not hold', () => {
  beforeAll(async () => {
    await toy.run(new CountCommand('one', 1));
    await toy.ask(new GetCounterQuery('one'), head);
    await toy.close();
    await db.pools.worker.query(
      `UPDATE kernel.checkpoints SET position = 1000, event_id = gen_random_uuid() WHERE subscription = 'toy.counter-search'`,
    );
    toy = await ToyApp.start(db);
  }, PATIENCE_MS);

  it('stands still and says so', async () => {
    expect(await statusOf()).toEqual({ status: 'diverged' });
    expect(toy.said.join()).toContain('rebuild toy.counter-search');
    expect(await toy.rows(`SELECT FROM kernel.leases WHERE subscription = 'toy.counter-search'`)).toEqual([]);
  });

  it(
    'goes on in the same process once it is rebuilt',
    async () => {
      await toy.run(new CountCommand('one', 2));
      await toy.get(ProjectionRebuild).rebuild('toy.counter-search');
      expect(await statusOf()).toEqual({ status: 'running' });
      await eventually(async () => expect(await toy.ask(new GetCounterQuery('one'))).toEqual({ total: 3 }));
    },
    PATIENCE_MS,
  );
});
