import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { newId } from '../messages/ids.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { SubscriptionPause } from '../subscriptions/subscription-pause.js';
import { settled } from '../testing/settled.js';
import type { Freshness } from './freshness.js';
import { ViewConsistency } from './view-consistency.js';

const NAME = 'toy.counter-search';

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

it('a strict read is refused where its view is emptied between the wait and the read, never answered without the row', async () => {
  const id = newId();
  await toy.run(new CountCommand(id, 7));
  await settled(toy.app);
  const reading = (): Promise<unknown> =>
    toy.ask(new GetCounterQuery(id), { consistency: { token: 'head', waitMs: 500, strict: true } });
  expect(await reading()).toMatchObject({ total: 7 });
  // So that it stays empty.
  await toy.get(SubscriptionPause).pause(NAME, { by: { id: 'ada' }, reason: 'a rebuild' });

  // The process stands still there, as in a collection of garbage.
  const consistency = toy.get(ViewConsistency);
  const wait = consistency.await.bind(consistency);
  let isFirst = true;
  consistency.await = async (...args): Promise<Freshness> => {
    const fresh = await wait(...args);
    if (isFirst) {
      isFirst = false;
      await toy.get(ProjectionRebuild).rebuild(NAME);
    }
    return fresh;
  };
  await expect(reading()).rejects.toMatchObject({ code: 'projection-behind' });
});
