import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';
import { Subscription } from './subscription.decorator.js';

/** The one count that is refused for now; others of the same counter would be taken. */
let refused: number | undefined;
/** The counter that the handler counts on, so that what it has seen is counted only where a try was committed. */
const seenOf = (id: string): string => `seen-${id}`;

@EventsHandler(Counted)
@Subscription('toy.particular', { startFrom: 'beginning', partitions: 2 })
class ParticularWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly commands: CommandBus) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    if (counterId.startsWith(seenOf(''))) return;
    if (by === refused) throw new Error(`I don't take ${by}.`);
    await this.commands.execute(new CountCommand(seenOf(counterId), by));
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
  await eventually(async () => expect(await states()).toEqual(['retrying']));
  for (const by of [2, 3, 4]) await toy.run(new CountCommand(id, by));
  await eventually(async () => expect(await states()).toEqual(['retrying', 'waiting', 'waiting', 'waiting']));
  expect(await toy.countsOf(seenOf(id))).toEqual([]);
  refused = undefined;
  await letters.retry({ key: streamOf(id) }, { by: { id: 'ada' }, reason: 'it is taken now' });
  await eventually(async () => expect(await states()).toEqual([]));
  expect(await toy.countsOf(seenOf(id))).toEqual([1, 2, 3, 4]);
});
