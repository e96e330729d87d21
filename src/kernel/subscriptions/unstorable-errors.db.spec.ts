import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, CountHandler, Counted, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';
import { Subscription } from './subscription.decorator.js';

/** With what each counter's events fail. */
const faults = new Map<string, string>();
const seen: string[] = [];

@EventsHandler(Counted)
@Subscription('toy.picky', { startFrom: 'beginning', partitions: 1 })
class PickyWhenCounted implements IEventHandler<Counted> {
  handle({ counterId }: Counted): void {
    const fault = faults.get(counterId);
    if (fault !== undefined) throw new Error(fault);
    seen.push(counterId);
  }
}

let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler, PickyWhenCounted] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('an event that fails with a text which PostgreSQL stores none of', () => {
  it.each([
    ['a NUL', 'Unexpected token \u0000 in JSON', 'Unexpected token \uFFFD in JSON'],
    ['half a character', 'It said \ud83d.', 'It said \uFFFD.'],
    ['a character across the cut', `${'x'.repeat(1_999)}😀`, `${'x'.repeat(1_999)}\uFFFD`],
  ])('has failed as any other, and the rest goes on: %s', async (_, fault, stored) => {
    const [bad, good] = [newId(), newId()];
    faults.set(bad, fault);
    await toy.run(new CountCommand(bad, 1));
    await toy.run(new CountCommand(good, 1));
    await eventually(() => expect(seen).toContain(good));
    const failed = () => toy.get(DeadLetters).find({ subscription: 'toy.picky', key: streamOf(bad) });
    await eventually(async () => expect(await failed()).toMatchObject([{ error: stored }]));
    await eventually(async () => expect((await failed())[0]!.attempts).toBeGreaterThan(1));
    faults.delete(bad);
    await eventually(() => expect(seen).toContain(bad));
  });
});
