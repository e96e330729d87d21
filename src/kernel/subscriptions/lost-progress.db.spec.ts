import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Noticed } from '../../../test/support/toys.js';
import { EventStreams } from '../commands/event-streams.js';
import { armFailpoints } from '../failpoints.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { SubscriptionProgress, type LocalProgress } from './subscription-progress.js';

const SEARCH = 'toy.counter-search';
let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
});
afterEach(() => armFailpoints(''));
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('a view that is started anew elsewhere while its worker passes over events of others', () => {
  it('is never again said to be as far as it was', async () => {
    await toy.run(new CountCommand(newId(), 1));
    await settled(toy.app);
    const known = toy.get(SubscriptionProgress);
    const said: string[] = [];
    const reached = known.reached.bind(known);
    known.reached = (name: string, local: LocalProgress) => {
      if (name === SEARCH) said.push(local.fences);
      reached(name, local);
    };
    armFailpoints('sub.after-fetch=delay:500');
    await toy.inCommand(() =>
      toy.get(EventStreams).append({ stream: `toy.noted:${newId()}`, events: [new Noticed('nothing of the view’s')] }),
    );
    const before = (await known.view([SEARCH])).progress.get(SEARCH)!.fences;
    await toy.pools.worker.query(
      `UPDATE kernel.checkpoints SET position = 0, event_id = NULL, fence = fence + 1 WHERE subscription = '${SEARCH}'`,
    );
    await until(
      'readers have seen that',
      async () => (await known.view([SEARCH])).progress.get(SEARCH)!.fences !== before,
    );
    said.length = 0;
    await until('its worker says how far it is', () => said.length > 0);
    expect(said).not.toContain(before);
  });
});
