import { EventsHandler } from '@nestjs/cqrs';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import * as toys from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { DeadLetters } from '../subscriptions/dead-letters.js';
import { Subscription } from '../subscriptions/subscription.decorator.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';

/** Changes the event that it was given, in memory only. */
@EventsHandler(toys.Counted)
@Subscription('toy.careless', { startFrom: 'beginning', partitions: 4 })
class CarelessHandler {
  async handle(event: toys.Counted): Promise<void> {
    Object.assign(event, { by: event.by * 100 });
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const entities = [toys.CounterView, toys.CounterSearchView, toys.KindTotalsView];
  const providers = [
    toys.Counters,
    toys.CountHandler,
    toys.GetCounterHandler,
    CarelessHandler,
    toys.CounterProjection,
    toys.CounterSearchProjection,
  ];
  toy = await ToyApp.start(db, { parts: { entities, providers } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('an event that a handler changes', () => {
  it('makes that handler fail, and is folded by the views of the process as it was recorded', async () => {
    const ids = Array.from({ length: 20 }, newId);
    for (const id of ids) await toy.run(new toys.CountCommand(id, 1));
    const view = () => toy.rows<{ total: number }>('SELECT total FROM toy_read.counter_search');
    await until('the view has all counters', async () => (await view()).length === ids.length, 10_000);
    expect((await view()).map(({ total }) => total)).toEqual(ids.map(() => 1));
    await until(
      'the handler’s failure is told',
      async () => (await toy.get(DeadLetters).find({ subscription: 'toy.careless' })).length > 0,
      10_000,
    );
    const [letter] = await toy.get(DeadLetters).find({ subscription: 'toy.careless' });
    expect(JSON.stringify(letter)).toContain('read only property');
  });
});
