import { givenLog, settled, TestClock } from '#kernel/testing';
import { CountCommand, Counted, streamOf } from '../../../test/support/toys.js';
import { createToyTables, RunCommand, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';

let db: FreshDatabase;
let toy: ToyApp;
const clock = new TestClock('2026-11-23T12:00:00Z');

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { clock });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

/** A log that holds a counter already. Streams with an inline view are begun by a command. */
const givenCounter = async (by: number) => {
  const id = newId();
  await toy.run(new CountCommand(id, by));
  return { id, when: givenLog(toy.app).when };
};

describe('given a log, when a command comes', () => {
  it('its events are compared, whatever stream they are on', async () => {
    const { id, when } = await givenCounter(5);
    await when(new CountCommand(id, 2)).thenEvents(new Counted(id, 2));
  });

  it('its answer is compared', async () => {
    const { id, when } = await givenCounter(5);
    await when(new CountCommand(id, 2)).thenAnswer({ version: 2, total: 7 });
  });

  it('its refusal is compared, and nothing may be stored', async () => {
    const { id, when } = await givenCounter(999);
    await when(new CountCommand(id, 2)).thenRefused('toy.limit-reached', { limit: 1_000 });
  });

  it('nothing may come of it', async () => {
    const { when } = await givenCounter(5);
    await when(new RunCommand(() => 'nothing')).thenNothing();
  });

  it('streams may be given by their events', async () => {
    const id = newId();
    await givenLog(toy.app, { [streamOf(id)]: [new Counted(id, 5)] })
      .when(new CountCommand(id, 2))
      .thenAnswer({ version: 2, total: 7 });
  });

  it.each<[string, (id: string) => Promise<void>]>([
    ['other events', (id) => givenLog(toy.app).when(new CountCommand(id, 2)).thenEvents(new Counted(id, 3))],
    ['nothing', (id) => givenLog(toy.app).when(new CountCommand(id, 2)).thenNothing()],
    ['a refusal', (id) => givenLog(toy.app).when(new CountCommand(id, 2)).thenRefused('toy.limit-reached')],
    ['another answer', (id) => givenLog(toy.app).when(new CountCommand(id, 2)).thenAnswer({ version: 9 })],
  ])('a wrong expectation fails: %s', async (_, expectation) => {
    await expect(expectation(newId())).rejects.toThrow(/expect/);
  });
});

describe('settled', () => {
  it('means that views have everything that was committed before', async () => {
    const ids = Array.from({ length: 20 }, newId);
    await Promise.all(ids.map((id) => toy.run(new CountCommand(id, 1))));
    await settled(toy.app);
    const rows = await toy.rows('SELECT FROM toy_read.counter_search WHERE counter_id = ANY ($1)', ids);
    expect(rows).toHaveLength(20);
  });
});

describe('the clock of the application', () => {
  it('tells when things occurred; the database tells when they were recorded', async () => {
    const id = newId();
    clock.advance('15 min');
    await toy.run(new CountCommand(id, 1));
    const [event] = await toy.rows<{ meta: { occurredAt: string }; recorded_at: string }>(
      'SELECT meta, recorded_at FROM kernel.events WHERE stream_id = $1',
      streamOf(id),
    );
    expect(event?.meta.occurredAt).toBe('2026-11-23T12:15:00.000Z');
    expect(event?.recorded_at).not.toBe(event?.meta.occurredAt);
  });
});
