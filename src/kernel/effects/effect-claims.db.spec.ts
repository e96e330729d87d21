import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { inTransaction } from '../database/transaction.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { EffectHandler, type Effect, type IEffectHandler } from './effect-handler.decorator.js';
import { Effects } from './effects.js';
import { StoredEffects } from './stored-effects.js';
import { claimEffects } from './sql/claim-effects.js';

const CALL_MS = 50;
/** A restart of the database fits in. */
const TIME_TO_RECORD_MS = 10_000;
const DAY_MS = 86_400_000;

let db: FreshDatabase;
let toy: ToyApp;
/** How long, while it was called, nobody else could take the effect: by key. */
const claimedForMs = new Map<string, number>();

@EffectHandler('toy.brief', { timeoutMs: CALL_MS })
class CallBriefly implements IEffectHandler<object> {
  async handle({ key }: Effect<object>): Promise<void> {
    const [row] = await toy.rows<{ left: number }>(
      'SELECT (extract(epoch FROM due_at - clock_timestamp()) * 1000)::float8 AS left FROM kernel.effects WHERE key = $1',
      key,
    );
    claimedForMs.set(key, row!.left);
  }
}

@EffectHandler('toy.capped', { retryFirstMs: DAY_MS, retryCapMs: 5 })
class CallWithShortPauses implements IEffectHandler<object> {
  async handle({ attempt }: Effect<object>): Promise<void> {
    if (attempt < 4) throw new Error('busy');
  }
}

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [CallBriefly, CallWithShortPauses] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

async function called(kind: string): Promise<string> {
  const key = newId();
  await toy.inCommand(() => toy.get(Effects).enqueue({ kind, key, body: {} }));
  await eventually(async () => expect(await toy.get(StoredEffects).find({ key })).toMatchObject([{ state: 'done' }]));
  return key;
}

describe('the claim of an effect', () => {
  it('outlives the longest call by the time that its record may take, so that nobody calls again meanwhile', async () => {
    const key = await called('toy.brief');
    expect(claimedForMs.get(key)).toBeGreaterThan(TIME_TO_RECORD_MS);
    expect(claimedForMs.get(key)).toBeLessThan(CALL_MS + 6 * TIME_TO_RECORD_MS);
  });
});

describe('an effect that one worker is about to claim', () => {
  /** Nobody of this application carries it out. */
  const kind = 'toy.elsewhere';
  const claim = { kind, limit: 10, maxTries: 5, claimMs: DAY_MS };

  it('is passed over by another, which takes what is free without waiting', async () => {
    const intend = `INSERT INTO kernel.effects (tenant, kind, key, body, body_hash, context) VALUES ('t', $1, $2, '{}', '', '{}')`;
    await toy.rows(intend, kind, 'first');
    const [held, taken] = await inTransaction(toy.pools.worker, async (one) => {
      const first = await claimEffects(one, claim);
      await toy.rows(intend, kind, 'second');
      // The first claim isn't committed: whoever waits for it here waits for ever.
      return [first, await inTransaction(toy.pools.worker, (other) => claimEffects(other, claim))];
    });
    expect([held, taken].map((effects) => effects.map(({ key }) => key))).toEqual([['first'], ['second']]);
  });
});

describe('the pause between two tries of an effect', () => {
  it('never exceeds its cap, however far the doubling has come', async () => {
    const key = await called('toy.capped');
    expect(await toy.get(StoredEffects).find({ key })).toMatchObject([{ attempts: 4 }]);
  });
});
