import { Column, Entity, PrimaryColumn } from 'typeorm';
import { On, type EventMeta } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, CountHandler, Counted, Counters } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { sequence } from '../event-log/sql/sequence.js';
import { MessageContext } from '../messages/message-context.js';
import { Projection } from '../projections/projection.decorator.js';
import { KEY_SEPARATOR, partitionOf } from '../subscriptions/partition-of.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { ConsistencyTokens } from './consistency-token.js';
import { ViewConsistency } from './view-consistency.js';

const PARTITIONS = 4;

@Entity({ schema: 'toy_read', name: 'steps' })
class StepView {
  @PrimaryColumn('text') counterId!: string;
  @PrimaryColumn('int') version!: number;
  @Column('int') by!: number;
}

@Projection({ name: 'toy.steps', version: 1, mode: 'async', view: StepView, partitions: PARTITIONS })
class StepsProjection {
  keys({ counterId }: Counted, { version }: EventMeta): { counterId: string; version: number } {
    return { counterId, version };
  }

  @On(Counted)
  counted(_: StepView | undefined, { counterId, by }: Counted, { version }: EventMeta): StepView {
    return { counterId, version, by };
  }
}

let db: FreshDatabase;
/** Reads; nobody follows the log. */
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(
    db,
    'CREATE TABLE toy_read.steps (counter_id text, version int, by int, PRIMARY KEY (counter_id, version));',
  );
  const parts = { entities: [StepView], providers: [Counters, CountHandler, StepsProjection] };
  toy = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

it('a read of several rows waits for all partitions, since each row has one of its own', async () => {
  const id = newId();
  const context = new MessageContext();
  for (let by = 1; by <= PARTITIONS; by += 1) await toy.run(new CountCommand(id, by), context);
  const token = toy.get(ConsistencyTokens).forEvent(context.outcome.lastEvent!);
  await sequence(toy.pools.control, PARTITIONS);
  const moved = await toy.pools.worker.query(
    `UPDATE kernel.checkpoints c SET position = l.position, event_id = e.event_id
       FROM kernel.log_state s JOIN kernel.log l ON l.position = s.head JOIN kernel.events e ON e.id = l.event_id
      WHERE c.subscription = 'toy.steps' AND c.partition = $1`,
    [partitionOf(`${id}${KEY_SEPARATOR}`, PARTITIONS)],
  );
  expect(moved.rowCount).toBe(1);
  const wish = { token, waitMs: 0, strict: false };
  expect(await toy.get(ViewConsistency).await([StepView], wish, { counterId: id })).toMatchObject({
    behind: PARTITIONS,
  });
});
