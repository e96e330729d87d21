import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, Counted, Counters, CountHandler, Noticed } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { Subscription } from './subscription.decorator.js';

@EventsHandler(Counted)
@Subscription('toy.historian', { startFrom: 'beginning' })
class Historian implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    this.streams.append({ stream: `toy.history:${counterId}`, events: [new Noticed(String(by))] });
  }
}

/** As it comes: from now. */
@EventsHandler(Counted)
@Subscription('toy.reporter')
class Reporter implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    this.streams.append({ stream: `toy.news:${counterId}`, events: [new Noticed(String(by))] });
  }
}

let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());

it('a new handler begins with the history of the log where it says so, and otherwise with what comes next', async () => {
  const id = newId();
  const before = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler] } });
  for (const by of [1, 2]) await before.run(new CountCommand(id, by));
  await before.close();

  const parts = { providers: [Counters, CountHandler, Historian, Reporter] };
  const told = async (toy: ToyApp, what: string): Promise<string[]> =>
    (await toy.events(`toy.${what}:${id}`)).map(({ data }) => (data as Noticed).what);
  for (const [by, news] of [
    [3, ['3']],
    [4, ['3', '4']],
  ] as const) {
    const toy = await ToyApp.start(db, { parts });
    await toy.run(new CountCommand(id, by));
    const history = ['1', '2', '3', '4'].slice(0, by);
    await eventually(async () => expect(await told(toy, 'history')).toEqual(history));
    await eventually(async () => expect(await told(toy, 'news')).toEqual(news));
    await toy.close();
  }
});
