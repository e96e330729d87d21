import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, Noticed } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { newId } from '../messages/ids.js';
import { withOwner } from '../../platform/database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { SubscriptionRestart } from './restart.js';
import { Subscription } from './subscription.decorator.js';

const NAME = 'toy.work';

/** What the handler waits for, if anything. */
let handling: (() => Promise<void>) | undefined;

@EventsHandler(Counted)
@Subscription(NAME, { startFrom: 'beginning', partitions: 2 })
class WorkWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  async handle({ counterId }: Counted): Promise<void> {
    this.streams.append({ stream: `toy.work:${counterId}`, events: [new Noticed('done')] });
    await handling?.();
  }
}

const parts: ToyParts = { providers: [Counters, CountHandler, WorkWhenCounted] };
let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());

async function checkpoints(): Promise<{ fence: number; position: number }[]> {
  const { rows } = await db.pools.worker.query<{ fence: number; position: number }>({
    text: 'SELECT fence, position FROM kernel.checkpoints WHERE subscription = $1 ORDER BY partition',
    values: [NAME],
  });
  return rows;
}
const leases = async (): Promise<number> =>
  (await db.pools.worker.query('SELECT FROM kernel.leases WHERE subscription = $1', [NAME])).rowCount!;

function expectRaised(before: readonly { fence: number }[], after: readonly { fence: number }[]): void {
  expect(after).toHaveLength(2);
  for (const [partition, { fence }] of after.entries()) expect(fence).toBeGreaterThan(before[partition]!.fence);
}

describe('the fence of a partition', () => {
  it('is raised by each process that takes the partition over', async () => {
    const first = await ToyApp.start(db, { parts });
    await first.run(new CountCommand(newId(), 1));
    await settled(first.app);
    await first.close();
    const before = await checkpoints();

    const second = await ToyApp.start(db, { parts });
    await second.run(new CountCommand(newId(), 1));
    await settled(second.app);
    await second.close();
    expectRaised(before, await checkpoints());
  });

  it('is raised by a restart itself, before anybody takes the partitions over', async () => {
    const idle = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
    const before = await checkpoints();
    await idle.get(SubscriptionRestart).restart(NAME, 'beginning', { by: { id: 'olga' } });
    expectRaised(before, await checkpoints());
    await idle.close();
  });
});

describe('an event that is settled after it had failed', () => {
  const hold = (): Promise<unknown> =>
    db.pools.worker.query({
      text: `INSERT INTO kernel.failed_events (subscription, key, position, partition, event_id, state, next_try_at)
             SELECT $1, 'k', 1, 0, l.event_id, 'retrying', clock_timestamp() + interval '1 hour'
               FROM kernel.log l WHERE l.position = 1`,
      values: [NAME],
    });
  const settle = async (fence: number, eventId?: string): Promise<unknown> => {
    const { rows } = await db.pools.worker.query<{ eventId: string }>(
      'SELECT e.event_id AS "eventId" FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = 1',
    );
    const event = { key: 'k', position: 1, eventId: eventId ?? rows[0]!.eventId, partition: 0, revision: 0 };
    const argument = { subscription: NAME, ...event, fence };
    return db.pools.worker.query('SELECT kernel.settle_failed_event($1)', [JSON.stringify(argument)]);
  };

  it('is settled by the present owner alone, also where the same event has failed again after a rebuild', async () => {
    await hold();
    const { fence } = (await checkpoints())[0]!;
    await expect(settle(fence - 1)).rejects.toMatchObject({ code: 'WB004' });
    expect((await db.pools.worker.query('SELECT FROM kernel.failed_events')).rowCount).toBe(1);
    // As after a failover, which gives the position to another event.
    await expect(settle(fence, newId())).rejects.toMatchObject({ code: 'WB006' });
    await settle(fence);
    expect((await db.pools.worker.query('SELECT FROM kernel.failed_events')).rowCount).toBe(0);
  });
});

describe('an event whose partition is taken over while it is handled', () => {
  it('takes effect once: what the former owner did is rolled back with its checkpoint', async () => {
    const toy = await ToyApp.start(db, { parts });
    await settled(toy.app);
    let tries = 0;
    handling = async () => {
      tries += 1;
      if (tries > 1) return;
      await withOwner(db.url, (owner) =>
        owner.query('UPDATE kernel.checkpoints SET fence = fence + 1 WHERE subscription = $1', [NAME]),
      );
    };
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await settled(toy.app);
    handling = undefined;
    const done = await toy.events(`toy.work:${id}`);
    await toy.close();
    expect({ tries, done: done.length }).toEqual({ tries: 2, done: 1 });
  });
});

describe('a stop while an event is being handled', () => {
  it('begins no further event, although more were read', async () => {
    const toy = await ToyApp.start(db, { parts });
    await settled(toy.app);
    let begun = 0;
    let stopping: Promise<void> | undefined;
    handling = async () => {
      begun += 1;
      stopping ??= toy.close();
      await until('it is told to stop', () => true);
    };
    const id = newId();
    const append = (): void => {
      for (let n = 0; n < 50; n += 1)
        toy.get(EventStreams).append({ stream: `toy.counter:${id}`, events: [new Counted(id, 1)] });
    };
    await toy.inCommand(append);
    await until('it handles the first', () => begun > 0);
    await stopping;
    handling = undefined;
    expect(begun).toBe(1);
  });

  it('waits for its commit before it gives the partitions up', async () => {
    const toy = await ToyApp.start(db, { parts });
    await settled(toy.app);
    let isHandling = false;
    let gaveUpEarly = false;
    handling = async () => {
      isHandling = true;
      const givesUp = until('the leases are given up', async () => (await leases()) === 0, 500);
      gaveUpEarly = await givesUp.then(
        () => true,
        () => false,
      );
    };
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await until('the event is being handled', () => isHandling);
    await toy.close();
    handling = undefined;

    expect(gaveUpEarly).toBe(false);
    const { rows } = await db.pools.worker.query<{ head: number }>('SELECT head FROM kernel.log_state');
    expect((await checkpoints()).map(({ position }) => position)).toContain(rows[0]!.head);
  });
});
