import { AggregateRoot, EventBus, EventPublisher } from '@nestjs/cqrs';
import { EventStream } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { Counters, Noticed, streamOf } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';

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

/** As `@nestjs/cqrs` shows it in its documentation, with the name of its stream. */
@EventStream('toy.native-counter')
class NativeCounter extends AggregateRoot {
  readonly id = newId();

  notice(what: string): void {
    this.apply(new Noticed(what));
  }
}

interface StoredNotice {
  readonly stream_id: string;
  readonly version: number;
  readonly data: { what: string };
  readonly command_id: string;
}

const notices = (...words: string[]): Promise<StoredNotice[]> =>
  toy.rows<StoredNotice>(
    `SELECT stream_id, version, data, meta->>'commandId' AS command_id FROM kernel.events
      WHERE name = 'toy.noticed' AND data->>'what' = ANY ($1) ORDER BY id`,
    words,
  );

describe('events that are published in a command', () => {
  it('are stored with the command, on a stream of its own', async () => {
    const [id, one, two, three] = [newId(), newId(), newId(), newId()];
    await toy.inCommand(async () => {
      const counter = await toy.get(Counters).findOrNew(id);
      counter.count(1);
      await toy.get(Counters).save(counter);
      toy.get(EventBus).publish(new Noticed(one));
      toy.get(EventBus).publishAll([new Noticed(two), new Noticed(three)]);
    });

    const stored = await notices(one, two, three);
    expect(stored.map(({ version, data }) => [version, data.what])).toEqual([
      [1, one],
      [2, two],
      [3, three],
    ]);
    expect(stored.map(({ stream_id }) => stream_id)).toEqual(stored.map((event) => `command:${event.command_id}`));
    expect(await toy.events(streamOf(id))).toHaveLength(1);
  });

  it.each<[string, (word: string) => void]>([
    [
      'merged into an object',
      (word) => {
        const counter = toy.get(EventPublisher).mergeObjectContext(new NativeCounter());
        counter.notice(word);
        counter.commit();
      },
    ],
    [
      'merged into a class',
      (word) => {
        const counter = new (toy.get(EventPublisher).mergeClassContext(NativeCounter))();
        counter.notice(word);
        counter.commit();
      },
    ],
  ])('come from a native AggregateRoot as well: %s', async (_, commit) => {
    const word = newId();
    await toy.inCommand(() => commit(word));
    expect((await notices(word)).map(({ data }) => data)).toEqual([{ what: word }]);
  });

  it('are kept although the aggregate empties its list right after it handed them over', async () => {
    const [one, two] = [newId(), newId()];
    await toy.inCommand(() => {
      const counter = toy.get(EventPublisher).mergeObjectContext(new NativeCounter());
      counter.notice(one);
      counter.notice(two);
      counter.commit();
      expect(counter.getUncommittedEvents()).toEqual([]);
    });
    expect(await notices(one, two)).toHaveLength(2);
  });

  it('are gone when the command fails', async () => {
    const word = newId();
    const failing = (): never => {
      toy.get(EventBus).publish(new Noticed(word));
      throw new Error('no');
    };
    await expect(toy.inCommand(failing)).rejects.toThrow('no');
    expect(await notices(word)).toEqual([]);
  });

  it('are refused at once without a permanent name', async () => {
    class Nameless {}
    const publish = (): unknown => toy.get(EventBus).publish(new Nameless());
    await expect(toy.inCommand(publish)).rejects.toThrow('Nameless has no permanent name. Add @DurableEvent');
  });
});
