import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { EffectHandler, type Effect } from './effect-handler.decorator.js';
import { Effects } from './effects.js';

const calls = new Set<string>();

@EffectHandler('toy.clocked')
class ClockedEffect {
  async handle({ key }: Effect): Promise<void> {
    calls.add(key);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [ClockedEffect] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

async function intended(): Promise<string> {
  const key = newId();
  await toy.inCommand(() => toy.get(Effects).enqueue({ kind: 'toy.clocked', key, body: {} }));
  return key;
}

describe('an effect', () => {
  it('is carried out although the clock of its process was set back by an hour', async () => {
    const before = await intended();
    await eventually(() => expect(calls).toContain(before));
    const real = Date.now;
    Date.now = () => real() - 3_600_000;
    try {
      for (const key of [await intended(), await intended()]) await eventually(() => expect(calls).toContain(key));
    } finally {
      Date.now = real;
    }
  });
});
