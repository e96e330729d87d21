import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';
import { Subscription } from './subscription.decorator.js';

/** The one count that is refused for now; others of the same counter would be taken. */
let refused: number | undefined;
const seen: number[] = [];

@EventsHandler(Counted)
@Subscription('toy.particular', { startFrom: 'beginning', partitions: 2 })
class ParticularWhenCounted implements IEventHandler<Counted> {
  handle({ by }: Counted): void {
    if (by === refused) throw new Error(`I don't take ${by}.`);
    seen.push(by);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler, ParticularWhenCounted] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

it('events that follow one that fails wait for it, and take effect after it in their order', async () => {
  const id = newId();
  const letters = toy.get(DeadLetters);
  const states = async (): Promise<string[]> =>
    (await letters.find({ key: streamOf(id) })).map(({ state }) => state).toSorted();
  refused = 1;
  await toy.run(new CountCommand(id, 1));
  await eventually(async () => expect(await states()).toEqual(['blocked']));
  for (const by of [2, 3, 4]) await toy.run(new CountCommand(id, by));
  await eventually(async () => expect(await states()).toEqual(['blocked', 'queued', 'queued', 'queued']));
  expect(seen).toEqual([]);
  refused = undefined;
  await letters.retry({ key: streamOf(id) }, { by: { id: 'ada' }, reason: 'it is taken now' });
  await eventually(async () => expect(await states()).toEqual([]));
  expect(seen).toEqual([1, 2, 3, 4]);
});
