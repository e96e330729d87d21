import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { newId } from '../messages/ids.js';
import { SubscriptionReports } from '../../platform/operations/reports/subscription-reports.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';
import { Subscription } from './subscription.decorator.js';

const poison = new Set<string>();
/** The counter that the handler counts on, so that what it has seen is counted only where a try was committed. */
const seenBy = (id: string): string => `seen-${id}`;

@EventsHandler(Counted)
@Subscription('toy.picky', { startFrom: 'beginning', partitions: 2 })
class PickyWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly commands: CommandBus) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    if (counterId.startsWith(seenBy(''))) return;
    if (poison.has(counterId)) throw new Error(`I don't take ${counterId}.`);
    await this.commands.execute(new CountCommand(seenBy(counterId), by));
  }
}

const parts: ToyParts = { providers: [Counters, CountHandler, PickyWhenCounted, SubscriptionReports] };
const ada = { by: { id: 'ada' } };
let db: FreshDatabase;
let toy: ToyApp;
let letters: DeadLetters;
let reports: SubscriptionReports;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
  letters = toy.get(DeadLetters);
  reports = toy.get(SubscriptionReports);
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const count = (id: string, by: number) => toy.run(new CountCommand(id, by));
const failed = (id: string) => letters.find({ subscription: 'toy.picky', key: streamOf(id) });
const seenOf = (id: string) => toy.countsOf(seenBy(id));

/** A counter whose first event is refused and dead-lettered, as after ten tries. */
async function poisoned(): Promise<string> {
  const id = newId();
  poison.add(id);
  await count(id, 1);
  const useUpTries = `UPDATE kernel.failed_events SET state = 'dead-lettered', next_try_at = NULL WHERE key = $1 RETURNING id`;
  await eventually(async () => expect(await toy.rows(useUpTries, streamOf(id))).toHaveLength(1));
  return id;
}

describe('a key whose only failed event is discarded', () => {
  it('goes on with its next event', async () => {
    const id = await poisoned();
    await letters.discard((await failed(id))[0]!.id, { ...ada, reason: 'spam' });
    poison.delete(id);
    await count(id, 2);
    await eventually(async () => expect(await seenOf(id)).toEqual([2]));
    await count(id, 3);
    await eventually(async () => expect(await seenOf(id)).toEqual([2, 3]));
    await eventually(async () => expect(await failed(id)).toEqual([]));
  });
});

describe('an event that waits although nothing is in front of it', () => {
  /** Two events of a key, of which the first is gone and the second waits. */
  async function waitingBehindNothing(): Promise<string> {
    const id = await poisoned();
    await count(id, 2);
    await eventually(async () => expect(await failed(id)).toHaveLength(2));
    poison.delete(id);
    await toy.rows(`DELETE FROM kernel.failed_events WHERE key = $1 AND state = 'dead-lettered'`, streamOf(id));
    return id;
  }

  it('takes effect once a worker takes its partition over', async () => {
    const id = await waitingBehindNothing();
    await toy.rows(`SELECT kernel.forget_leases('toy.picky')`);
    await toy.get(LogNotifier).notifyLeasesChanged();
    await eventually(async () => expect(await seenOf(id)).toEqual([2]));
    await count(id, 3);
    await eventually(async () => expect(await seenOf(id)).toEqual([2, 3]));
  });

  it('is counted in the report of its subscription until an operator has it tried', async () => {
    const id = await waitingBehindNothing();
    const found = async () => (await reports.all()).find(({ name }) => name === 'toy.picky')?.waitingBehindNothing;
    expect(await found()).toBe(1);
    await letters.retry({ subscription: 'toy.picky', key: streamOf(id) }, ada);
    await eventually(async () => expect(await seenOf(id)).toEqual([2]));
    expect(await found()).toBe(0);
  });
});

describe('failed events', () => {
  it('are listed by position, page by page', async () => {
    const ids = [await poisoned(), await poisoned(), await poisoned()];
    const filter = { subscription: 'toy.picky', error: "DON'T TAKE" };
    const all = await letters.find(filter);
    expect(all.map(({ key }) => key)).toEqual(ids.map(streamOf));
    const first = await letters.find(filter, 2);
    const rest = await letters.find(filter, 2, first[1]);
    expect([...first, ...rest].map(({ key }) => key)).toEqual(ids.map(streamOf));
  });

  it('are acted on together with the unit of work around, or not at all', async () => {
    const id = await poisoned();
    const [letter] = await failed(id);
    const attempt = toy.inCommand(async () => {
      await letters.discard(letter!.id, { ...ada, reason: 'spam' });
      throw new Error('changed my mind');
    });
    await expect(attempt).rejects.toThrow('changed my mind');
    expect(await failed(id)).toEqual([expect.objectContaining({ id: letter!.id })]);
    expect(await toy.rows('SELECT FROM kernel.audit WHERE detail @> $1', { id: letter!.id })).toEqual([]);
  });
});
