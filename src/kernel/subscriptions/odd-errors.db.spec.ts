import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { ODD_FAILURES } from '../../../test/support/odd-failures.js';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';
import { Subscription } from './subscription.decorator.js';

const TIMEOUT_MS = 300;
/** What only the kernel's own statements can say of this database; another one, or made up, says it of nothing here. */
const STATES = {
  '42501': 'permission denied for table another_one',
  '28P01': 'password authentication failed for the other database',
  WB004: 'as if another process had taken over',
  WB010: 'as if the log were another one',
  WB011: 'as if the view were being rebuilt',
};
const stateErrors = Object.entries(STATES).map(([code, message]) => [
  `throws ${code} of another database`,
  { fail: () => Promise.reject(Object.assign(new Error(message), { code, severity: 'ERROR' })), said: message },
]);

const ODD: typeof ODD_FAILURES = {
  ...ODD_FAILURES,
  ...Object.fromEntries(stateErrors),
  'never returns': { fail: () => new Promise(() => undefined), said: 'did not return within 0.3 s' },
};

let odd: () => unknown = () => undefined;
let oddId = '';
const seen: string[] = [];

@EventsHandler(Counted)
@Subscription('toy.odd', { startFrom: 'beginning', partitions: 4, timeoutMs: TIMEOUT_MS })
class OddWhenCounted implements IEventHandler<Counted> {
  async handle({ counterId }: Counted): Promise<void> {
    if (counterId === oddId) await odd();
    seen.push(counterId);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler, OddWhenCounted] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('an event whose handler', () => {
  it.each(Object.keys(ODD))('%s is stored as failed, and those of other streams take effect', async (title) => {
    const { fail, said } = ODD[title]!;
    odd = fail;
    oddId = newId();
    const others = Array.from({ length: 8 }, newId);
    await toy.run(new CountCommand(oddId, 1));
    for (const id of others) await toy.run(new CountCommand(id, 1));
    await eventually(() => expect(seen).toEqual(expect.arrayContaining(others)));
    const letters = toy.get(DeadLetters);
    await eventually(async () =>
      expect(await letters.find({ key: streamOf(oddId) })).toMatchObject([{ error: expect.stringContaining(said) }]),
    );
    odd = () => undefined;
    await letters.retry({ key: streamOf(oddId) }, { by: { id: 'ada' }, reason: 'it is mended' });
    await eventually(() => expect(seen).toContain(oddId));
  });
});
