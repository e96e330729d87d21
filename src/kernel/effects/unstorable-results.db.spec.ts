import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { EffectRefused } from './effect-errors.js';
import { EffectHandler, type Effect, type IEffectHandler } from './effect-handler.decorator.js';
import { Effects } from './effects.js';
import { StoredEffects } from './stored-effects.js';

/** What each call answers, by key. */
const answers = new Map<string, () => unknown>();
const calls: string[] = [];

@EffectHandler('toy.ask', { maxTries: 3, retryFirstMs: 1 })
class AskNeighbour implements IEffectHandler<object> {
  async handle({ key }: Effect<object>): Promise<unknown> {
    calls.push(key);
    return answers.get(key)!();
  }
}

let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [AskNeighbour] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const circle: Record<string, unknown> = {};
circle['self'] = circle;

describe('an answer that PostgreSQL stores none of', () => {
  it.each<[string, () => unknown, object]>([
    ['a NUL', () => ({ said: 'a\0b' }), { state: 'done', result: { said: 'a\uFFFDb' } }],
    ['half a character', () => ['\ud83d'], { state: 'done', result: ['\uFFFD'] }],
    ['no JSON', () => 1n, { state: 'done', result: null }],
    ['a circle', () => circle, { state: 'done', result: null }],
    [
      'in a refusal',
      () => {
        throw new EffectRefused('no \0');
      },
      { state: 'dead-lettered', error: 'no \uFFFD' },
    ],
  ])('does not make its effect happen again: %s', async (_, answer, expected) => {
    const key = newId();
    answers.set(key, answer);
    await toy.inCommand(() => toy.get(Effects).enqueue({ kind: 'toy.ask', key, body: {} }));
    await eventually(async () => expect((await toy.get(StoredEffects).find({ key }))[0]).toMatchObject(expected));
    expect(calls.filter((call) => call === key)).toEqual([key]);
  });
});
