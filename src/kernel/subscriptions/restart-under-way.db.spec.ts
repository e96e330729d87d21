import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { partitionOf } from './partition-of.js';
import { SubscriptionRestart } from './restart.js';
import { Subscription } from './subscription.decorator.js';

const seen: number[] = [];

@EventsHandler(Counted)
@Subscription('toy.remember', { startFrom: 'beginning', partitions: 2 })
class RememberWhenCounted implements IEventHandler<Counted> {
  handle({ by }: Counted): void {
    seen.push(by);
  }
}

let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler, RememberWhenCounted] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const count = (id: string, by: number): Promise<unknown> => toy.run(new CountCommand(id, by));
/** A counter whose events are handled in the second partition. */
function idInSecondPartition(): string {
  for (;;) {
    const id = newId();
    if (partitionOf(streamOf(id), 2) === 1) return id;
  }
}

describe('a restart from now on', () => {
  it('repeats nothing of what is handled while it waits for its turn', async () => {
    await count(newId(), 1);
    await settled(toy.app);
    const other = await toy.pools.app.connect();
    await other.query(
      `BEGIN; SELECT FROM kernel.checkpoints WHERE subscription = 'toy.remember' AND partition = 0 FOR UPDATE`,
    );
    const restarted = toy.get(SubscriptionRestart).restart('toy.remember', 'now', { by: { id: 'olga' } });
    await until('the restart waits', async () => (await toy.rows(`SELECT FROM pg_locks WHERE NOT granted`)).length > 0);
    await count(idInSecondPartition(), 2);
    await eventually(() => expect(seen).toEqual([1, 2]));
    await other.query('ROLLBACK');
    other.release();
    await restarted;
    await count(newId(), 3);
    await eventually(() => expect(seen).toContain(3));
    expect(seen).toEqual([1, 2, 3]);
  });
});
