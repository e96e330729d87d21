import { On } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import {
  Box,
  BoxEntity,
  Boxes,
  BoxProjection,
  BoxView,
  CountCommand,
  Counter,
  Counted,
  CounterProjection,
  Counters,
  CounterView,
  CountHandler,
  streamOf,
} from '../../../test/support/toys.js';
import { EventStreams } from '../commands/event-streams.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { Projection } from './projection.decorator.js';

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

const rowOf = async (id: string): Promise<Record<string, unknown> | undefined> =>
  (await toy.rows('SELECT total, version, event_id FROM toy_read.counters WHERE counter_id = $1', id))[0];
const lastEventId = async (id: string): Promise<number | undefined> =>
  (await toy.rows<{ id: number }>('SELECT max(id) AS id FROM kernel.events WHERE stream_id = $1', streamOf(id)))[0]?.id;

/** Clears a counter, and counts it again where a number is given. */
const clear = (id: string, again?: number): Promise<unknown> =>
  toy.inCommand(async () => {
    const counter = await toy.get(Counters).load(id);
    counter.clear();
    if (again !== undefined) counter.count(again);
    await toy.get(Counters).save(counter);
  });

describe('an inline view', () => {
  it('is there as soon as the command is answered, at the version and event id of its last event', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 5));
    await toy.run(new CountCommand(id, 6));
    expect(await rowOf(id)).toEqual({ total: 11, version: 2, event_id: await lastEventId(id) });
  });

  it('loses the row that its fold gives up', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 5));
    await clear(id);
    expect(await rowOf(id)).toBeUndefined();
  });

  it('has the row again that comes after', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 5));
    await clear(id, 2);
    expect(await rowOf(id)).toEqual({ total: 2, version: 3, event_id: await lastEventId(id) });
    await clear(id);
    await toy.run(new CountCommand(id, 1));
    expect(await rowOf(id)).toEqual({ total: 1, version: 5, event_id: await lastEventId(id) });
  });

  it('has rows of several streams that one command writes, and loses others in the same commit', async () => {
    const [kept, lost] = [newId(), newId()];
    await toy.run(new CountCommand(lost, 1));
    await toy.inCommand(async () => {
      const counters = toy.get(Counters);
      const [one, two] = [await counters.findOrNew(kept), await counters.load(lost)];
      one.count(1);
      two.clear();
      await counters.save(one);
      await counters.save(two);
    });
    expect(await rowOf(kept)).toMatchObject({ total: 1, version: 1 });
    expect(await rowOf(lost)).toBeUndefined();
  });

  it('refuses a row that is another stream’s: it would have two writers', async () => {
    @Projection({ name: 'toy.strays', version: 1, mode: 'inline', stream: 'toy.counter', view: CounterView })
    class StrayProjection {
      @On(Counted)
      counted(_: CounterView | undefined, { by }: Counted): Partial<CounterView> {
        return { counterId: 'all', total: by };
      }
    }
    const other = await ToyApp.start(db, {
      parts: { entities: [CounterView], providers: [Counters, CountHandler, StrayProjection] },
    });
    const counting = other.run(new CountCommand(newId(), 1));
    await expect(counting).rejects.toThrow("toy.strays is inline, but its row all isn't the one of toy.counter:");
    await other.close();
  });

  it('refuses an event that was written to a stream of another kind, and nothing is stored', async () => {
    const id = newId();
    const other = await ToyApp.start(db, {
      parts: { entities: [BoxEntity, BoxView], providers: [Boxes, BoxProjection, Counters] },
    });
    const counter = new Counter(id);
    counter.count(1);
    const box = Object.assign(new Box(id), { total: 0 });
    box.count(70);
    await other.inCommand(() => other.get(Boxes).save(box));
    const straying = toy.inCommand(() =>
      toy.get(EventStreams).append({ stream: `toy.box:${id}`, events: [...counter.recorded], expected: 1 }),
    );
    await expect(straying).rejects.toThrow(
      `toy.counters is inline and has the rows of toy.counter:…, but it folds toy.counted, which was written to toy.box:${id}.`,
    );
    expect(await toy.events(`toy.box:${id}`)).toHaveLength(1);
    expect(await rowOf(id)).toBeUndefined();
    await other.close();
  });

  it('replaces a row that lags, and writes one anew that is missing', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await toy.run(new CountCommand(id, 2));
    await toy.rows('UPDATE toy_read.counters SET version = 1, total = 1 WHERE counter_id = $1', id);
    await toy.run(new CountCommand(id, 3));
    expect(await rowOf(id)).toMatchObject({ total: 6, version: 3 });
    await toy.rows('DELETE FROM toy_read.counters WHERE counter_id = $1', id);
    await toy.run(new CountCommand(id, 4));
    expect(await rowOf(id)).toMatchObject({ total: 10, version: 4 });
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['replace', (id) => toy.run(new CountCommand(id, 1))],
    ['remove', (id) => clear(id)],
  ])('does not %s a row that something else has written, and nothing is stored', async (_, write) => {
    const id = newId();
    await toy.run(new CountCommand(id, 5));
    await toy.rows('UPDATE toy_read.counters SET version = 9, total = 70 WHERE counter_id = $1', id);
    await expect(write(id)).rejects.toMatchObject({
      code: 'WB013',
      message: expect.stringContaining(`Row ${id} of "toy_read"."counters" is at version 9`),
    });
    expect(await rowOf(id)).toMatchObject({ total: 70, version: 9 });
    expect(await toy.events(streamOf(id))).toHaveLength(1);
  });

  it('does not write a row where there is one that its stream knows nothing of', async () => {
    const id = newId();
    await toy.rows('INSERT INTO toy_read.counters VALUES ($1, 70, 1, 1)', id);
    await expect(toy.run(new CountCommand(id, 1))).rejects.toMatchObject({ code: 'WB013' });
    expect(await toy.events(streamOf(id))).toEqual([]);
  });

  it('is not written by projections that the process does not have', async () => {
    const id = newId();
    const other = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler] } });
    await other.run(new CountCommand(id, 1));
    await other.close();
    expect(await rowOf(id)).toBeUndefined();
    await toy.run(new CountCommand(id, 2));
    expect(await rowOf(id)).toMatchObject({ total: 3, version: 2 });
    expect(toy.get(CounterProjection)).toBeDefined();
  });
});
