import { Column, Entity, PrimaryColumn } from 'typeorm';
import { On, type EventMeta } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counted, Counters, CountHandler } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { DeadLetters } from '../subscriptions/dead-letters.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { Projection } from './projection.decorator.js';

@Entity({ schema: 'toy_read', name: 'steps' })
class StepView {
  @PrimaryColumn('text') counterId!: string;
  @PrimaryColumn('int') version!: number;
  @Column('int') by!: number;
}

let poison: number | undefined;

/** A row per event: its key has two columns. */
@Projection({ name: 'toy.steps', version: 1, mode: 'async', view: StepView, partitions: 4 })
class StepsProjection {
  keys({ counterId }: Counted, { version }: EventMeta): { counterId: string; version: number } {
    return { counterId, version };
  }

  @On(Counted)
  counted(_: StepView | undefined, { counterId, by }: Counted, { version }: EventMeta): StepView {
    if (by === poison) throw new Error(`I don't count ${by}.`);
    return { counterId, version, by };
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(
    db,
    'CREATE TABLE toy_read.steps (counter_id text, version int, by int, PRIMARY KEY (counter_id, version));',
  );
  const parts = { entities: [StepView], providers: [Counters, CountHandler, StepsProjection] };
  toy = await ToyApp.start(db, { parts });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const stepsOf = async (id: string): Promise<number[]> => {
  await settled(toy.app);
  const rows = await toy.rows<{ by: number }>(
    'SELECT by FROM toy_read.steps WHERE counter_id = $1 ORDER BY version',
    id,
  );
  return rows.map(({ by }) => by);
};

it('blocks only the row of an event that fails where its key has several columns, and writes it when it is retried', async () => {
  const [id, other] = [newId(), newId()];
  poison = 13;
  for (const by of [1, 13, 2]) await toy.run(new CountCommand(id, by));
  await toy.run(new CountCommand(other, 5));
  expect(await stepsOf(other)).toEqual([5]);
  expect(await stepsOf(id)).toEqual([1, 2]);
  expect(await toy.get(DeadLetters).find({ subscription: 'toy.steps' })).toMatchObject([
    { error: "I don't count 13.", key: expect.stringContaining(id) },
  ]);
  poison = undefined;
  await toy.get(DeadLetters).retry({ subscription: 'toy.steps' }, { by: { id: 'ada' } });
  await eventually(async () => expect(await stepsOf(id)).toEqual([1, 13, 2]));
});

it('data that would touch another row are refused, and nothing is touched', async () => {
  const [id, other] = [newId(), newId()];
  const letters = toy.get(DeadLetters);
  const failed = () => letters.find({ subscription: 'toy.steps' });
  poison = 13;
  await toy.run(new CountCommand(id, 13));
  expect(await stepsOf(id)).toEqual([]);
  const [letter] = await failed();
  await letters.editAndRetry(letter!.id, { counterId: other, by: 14, kind: 'plain' }, { by: { id: 'ada' } });
  await eventually(async () =>
    expect(await failed()).toMatchObject([
      { state: 'dead-lettered', error: expect.stringContaining(`touches ${other}`) },
    ]),
  );
  expect(await stepsOf(other)).toEqual([]);
  await letters.editAndRetry(letter!.id, { counterId: id, by: 14, kind: 'plain' }, { by: { id: 'ada' } });
  await eventually(async () => expect(await stepsOf(id)).toEqual([14]));
  expect(await failed()).toEqual([]);
});
