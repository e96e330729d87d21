import {
  CountCommand,
  Counted,
  Counter,
  Counters,
  LIMIT,
  LimitReached,
  Noticed,
  streamOf,
} from '../../../test/support/toys.js';
import { NotFound } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { MessageContext } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { EventStreams } from './event-streams.js';
import { PersonalData } from './personal-data.js';
import { UniqueValues } from './unique-values.js';

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

const inlineRow = async (id: string): Promise<object | undefined> =>
  (await toy.rows('SELECT total, version FROM toy_read.counters WHERE counter_id = $1', id))[0];
const personal = (subject: string): Promise<object[]> =>
  toy.rows('SELECT data FROM toy_private.personal_data WHERE subject = $1', subject);
const claim = (value: string, owner: string): void =>
  toy.get(UniqueValues).claim({ scope: 'toy.tag', value, owner, refusal: () => new LimitReached(1) });

/** Everything that a command can write, in one. */
async function countTagged(id: string, tag: string, by = 5): Promise<number> {
  const counter = await toy.get(Counters).findOrNew(id);
  counter.count(by);
  claim(tag, id);
  toy.get(PersonalData).put({ context: 'toy', subject: id, data: { name: 'Ada' } });
  return toy.get(Counters).save(counter);
}

describe('a command', () => {
  it('commits its events, the inline view, unique values and personal data together', async () => {
    const [id, tag] = [newId(), newId()];
    expect(await toy.inCommand(() => countTagged(id, tag))).toBe(1);

    expect(await toy.events(streamOf(id))).toEqual([
      { version: 1, name: 'toy.counted', data: { counterId: id, by: 5, kind: 'plain' } },
    ]);
    expect(await inlineRow(id)).toEqual({ total: 5, version: 1 });
    expect(await personal(id)).toEqual([{ data: { name: 'Ada' } }]);
    expect(await toy.rows('SELECT owner FROM kernel.unique_values WHERE value = $1', tag)).toEqual([{ owner: id }]);
  });

  it('leaves nothing when one of its writes is refused at the commit', async () => {
    const [first, second, tag] = [newId(), newId(), newId()];
    await toy.inCommand(() => countTagged(first, tag));

    await expect(toy.inCommand(() => countTagged(second, tag))).rejects.toMatchObject({ code: 'toy.limit-reached' });
    expect(await toy.events(streamOf(second))).toEqual([]);
    expect(await inlineRow(second)).toBeUndefined();
    expect(await personal(second)).toEqual([]);
  });

  it('is refused by the claim that is taken, whichever of several it is', async () => {
    const [taken, free, id] = [newId(), newId(), newId()];
    await toy.inCommand(() => claim(taken, 'somebody'));
    const refusing = (value: string): void =>
      toy.get(UniqueValues).claim({
        scope: 'toy.tag',
        value,
        owner: id,
        refusal: () => new NotFound(`${value} is taken`),
      });
    const both = (): void => [free, taken].forEach(refusing);
    await expect(toy.inCommand(both)).rejects.toThrow(`${taken} is taken`);
    expect(await toy.rows('SELECT FROM kernel.unique_values WHERE value = $1', free)).toEqual([]);
  });

  it('may claim again what is its own', async () => {
    const [tag, id] = [newId(), newId()];
    await toy.inCommand(() => claim(tag, id));
    await toy.inCommand(() => claim(tag, id));
    await expect(toy.inCommand(() => claim(tag, 'another'))).rejects.toMatchObject({ code: 'toy.limit-reached' });
    expect(await toy.rows('SELECT owner FROM kernel.unique_values WHERE value = $1', tag)).toEqual([{ owner: id }]);
  });

  it('leaves nothing when its handler fails after saving', async () => {
    const [id, tag] = [newId(), newId()];
    const failing = async (): Promise<never> => {
      await countTagged(id, tag);
      throw new Error('the plug was pulled');
    };
    await expect(toy.inCommand(failing)).rejects.toThrow('the plug was pulled');
    expect(await toy.events(streamOf(id))).toEqual([]);
    expect(await inlineRow(id)).toBeUndefined();
  });

  it('tells the log who did what, when and in whose name', async () => {
    const id = newId();
    const context = new MessageContext({
      actor: { type: 'staff', id: 'ada' },
      causationId: newId(),
      causationDepth: 2,
    });
    await toy.run(new CountCommand(id, 1), context);
    const [event] = await toy.rows<{ id: number; event_id: string; meta: object }>(
      'SELECT id, event_id, meta FROM kernel.events WHERE stream_id = $1',
      streamOf(id),
    );

    expect(event?.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(event?.meta).toEqual({
      occurredAt: expect.stringMatching(/Z$/),
      commandId: expect.any(String),
      correlationId: context.correlationId,
      causationId: context.causationId,
      actor: { type: 'staff', id: 'ada' },
      causationDepth: 2,
    });
    expect(context.outcome).toEqual({ replayed: false, lastEvent: { id: event?.id, eventId: event?.event_id } });
  });

  it('is refused when it lies too many commands away from a client: two reactions call each other', async () => {
    const id = newId();
    await expect(toy.run(new CountCommand(id, 1), { causationDepth: 51 })).rejects.toThrow(
      'two reactions call each other',
    );
    expect(await toy.events(streamOf(id))).toEqual([]);
  });

  it('stores personal data that it writes twice as it was last', async () => {
    const subject = newId();
    await toy.inCommand(() => {
      for (const name of ['Ada', 'Grace', 'Edith'])
        toy.get(PersonalData).put({ context: 'toy', subject, data: { name } });
    });
    expect(await personal(subject)).toEqual([{ data: { name: 'Edith' } }]);
  });

  it('keeps two loads of one aggregate in one instance', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await toy.inCommand(async () => {
      const counters = toy.get(Counters);
      const [one, two] = [await counters.load(id), await counters.load(id)];
      expect(two).toBe(one);
      one.count(1);
      await counters.save(one);
      expect((await counters.load(id)).total).toBe(2);
    });
    expect(await inlineRow(id)).toEqual({ total: 2, version: 2 });
  });

  it('folds an inline view of facts that are published at a known version', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await toy.inCommand(() =>
      toy.get(EventStreams).append({ stream: streamOf(id), events: [new Counted(id, 2)], expected: 1 }),
    );
    expect(await inlineRow(id)).toEqual({ total: 3, version: 2 });
  });

  it('refuses facts that are published whatever the version, where an inline view folds them', async () => {
    const id = newId();
    const publish = (): void => toy.get(EventStreams).append({ stream: streamOf(id), events: [new Counted(id, 1)] });
    await expect(toy.inCommand(publish)).rejects.toThrow('written whatever its version, but an inline view folds it');
  });
});

describe('outside a command', () => {
  it('nothing that writes can be called', async () => {
    const save = (): Promise<number> => toy.get(Counters).save(new Counter('x'));
    expect(save).toThrow('was called outside a command');
    expect(() => claim('x', 'y')).toThrow('outside a command');
    expect(() => toy.get(EventStreams).append({ stream: 's', events: [] })).toThrow('outside a command');
    await expect(toy.get(Counters).find('x')).rejects.toThrow('outside a command');
  });
});

describe('an expectation', () => {
  const append = (stream: string, expected: 'none' | 'exists' | 'any' | number): Promise<unknown> =>
    toy.inCommand(() => toy.get(EventStreams).append({ stream, events: [new Noticed('x')], expected }));

  it.each(['none', 0] as const)('of %p takes a new stream and no other', async (expected) => {
    const stream = `toy.note:${newId()}`;
    await append(stream, expected);
    await expect(append(stream, expected)).rejects.toMatchObject({ code: 'concurrency-conflict' });
    expect(await toy.events(stream)).toHaveLength(1);
  });

  it('of "exists" takes a stream that is there', async () => {
    const stream = `toy.note:${newId()}`;
    await expect(append(stream, 'exists')).rejects.toMatchObject({ code: 'concurrency-conflict' });
    await append(stream, 'any');
    await append(stream, 'exists');
    await append(stream, 'any');
    expect((await toy.events(stream)).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('of a version takes the stream at that version', async () => {
    const stream = `toy.note:${newId()}`;
    await append(stream, 'any');
    await append(stream, 1);
    await expect(append(stream, 1)).rejects.toMatchObject({ code: 'concurrency-conflict' });
    expect(await toy.events(stream)).toHaveLength(2);
  });

  it('is not given up by a second write to the same stream', async () => {
    const stream = `toy.note:${newId()}`;
    const mixed = (): void => {
      toy.get(EventStreams).append({ stream, events: [new Noticed('x')], expected: 'any' });
      toy.get(EventStreams).append({ stream, events: [new Noticed('y')], expected: 3 });
    };
    await expect(toy.inCommand(mixed)).rejects.toThrow('is written twice in this command');
    expect(await toy.events(stream)).toEqual([]);
  });

  it('holds for two instances of one aggregate: the second knows nothing of the first', async () => {
    const id = newId();
    const twice = async (): Promise<void> => {
      for (const counter of [new Counter(id), new Counter(id)]) {
        counter.count(LIMIT);
        await toy.get(Counters).save(counter);
      }
    };
    await expect(toy.inCommand(twice)).rejects.toThrow('is written twice in this command');
    expect(await toy.events(streamOf(id))).toEqual([]);
  });

  it('goes on from the first write to the second', async () => {
    const stream = `toy.note:${newId()}`;
    await toy.inCommand(() => {
      toy.get(EventStreams).append({ stream, events: [new Noticed('x'), new Noticed('y')], expected: 'none' });
      toy.get(EventStreams).append({ stream, events: [new Noticed('z')], expected: 2 });
    });
    expect((await toy.events(stream)).map(({ version }) => version)).toEqual([1, 2, 3]);
  });
});
