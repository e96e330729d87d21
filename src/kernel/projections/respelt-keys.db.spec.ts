import { Column, Entity, PrimaryColumn } from 'typeorm';
import { On } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counted, Counters, CountHandler } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { DeadLetters } from '../subscriptions/dead-letters.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { Projection } from './projection.decorator.js';

@Entity({ schema: 'toy_read', name: 'by_uuid' })
class ByUuidView {
  @PrimaryColumn('uuid') counterId!: string;
  @Column('bigint') total!: number;
}

@Projection({ name: 'toy.by-uuid', version: 1, mode: 'async', view: ByUuidView })
class ByUuidProjection {
  @On(Counted)
  counted(row: ByUuidView | undefined, { counterId, by }: Counted): ByUuidView {
    return { counterId, total: (row?.total ?? 0) + by };
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db, 'CREATE TABLE toy_read.by_uuid (counter_id uuid PRIMARY KEY, total bigint NOT NULL);');
  const parts = { entities: [ByUuidView], providers: [Counters, CountHandler, ByUuidProjection] };
  toy = await ToyApp.start(db, { parts });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const totalOf = (id: string): Promise<object[]> =>
  toy.rows('SELECT total FROM toy_read.by_uuid WHERE counter_id = $1', id);

it('a key that its column gives back in another form is refused: the fold would never find its row again', async () => {
  const id = newId();
  for (const by of [1, 2]) await toy.run(new CountCommand(id, by));
  await settled(toy.app);
  expect(await totalOf(id)).toEqual([{ total: 3 }]);

  const upper = newId().toUpperCase();
  await toy.run(new CountCommand(upper, 1));
  await settled(toy.app);
  await toy.run(new CountCommand(upper, 2));
  await eventually(async () =>
    expect(await toy.get(DeadLetters).find({ subscription: 'toy.by-uuid' })).toMatchObject([
      { key: upper, error: expect.stringContaining('stores it in another form') },
    ]),
  );
  expect(await totalOf(upper)).toEqual([{ total: 1 }]);
});
