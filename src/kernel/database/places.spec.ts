import { Places, type Slot } from './places.js';

const LIMIT = 4;

const places = (limit = LIMIT): Places =>
  new Places({ limit, maxWaiting: 100, maxWaitMs: 200, refusal: () => new Error('refused') });
const take = (of: Places, caller: string, extra = 0): Slot => {
  const slot = of.enter(caller, extra);
  if (slot instanceof Promise) throw new Error(`${caller} has to wait`);
  return slot;
};
const outcomeOf = (slot: Slot | Promise<Slot>): Promise<string> =>
  Promise.resolve(slot).then(
    () => 'admitted',
    (error: Error) => error.message,
  );

describe('a place that is given back', () => {
  it('admits everybody who may have one now, not the first alone', async () => {
    const all = places();
    take(all, 'bob');
    take(all, 'bob');
    const first = take(all, 'ada');
    const waiting = [all.enter('bob'), all.enter('ada')].map(outcomeOf);
    first.giveBack();
    expect(await Promise.all(waiting)).toEqual(['admitted', 'admitted']);
    expect([all.taken, all.waiting]).toEqual([LIMIT, 0]);
  });

  it('admits who waits for a place beyond the limit', async () => {
    const all = places();
    const [first] = ['a', 'b', 'c', 'd'].map((caller) => take(all, caller));
    take(all, 'operator', 2);
    take(all, 'operator', 2);
    const waiting = outcomeOf(all.enter('another operator', 2));
    first!.giveBack();
    expect(await waiting).toBe('admitted');
  });

  it('leaves nobody waiting who would be admitted on arrival, in any order of uses', async () => {
    for (let round = 0; round < 500; round += 1) expect(await overlooked(round)).toBe(undefined);
  });
});

describe('a caller that waits', () => {
  it('waits for others only while it has less than a share', () => {
    const all = places(8);
    for (let n = 0; n < 6; n += 1) take(all, 'ada');
    const own = outcomeOf(all.enter('ada'));
    expect([all.waiting, all.waitingForOthers]).toEqual([1, 0]);
    take(all, 'bob');
    take(all, 'cyd');
    const others = outcomeOf(all.enter('dan'));
    expect([all.waiting, all.waitingForOthers]).toEqual([2, 1]);
    return expect(Promise.all([own, others])).resolves.toEqual(['refused', 'refused']);
  });
});

/** Callers come and go at random, from a seed. @returns who waits at the end although there is room for it */
async function overlooked(seed: number): Promise<string | undefined> {
  let state = seed + 1;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  const all = places(2 + (seed % 9));
  const held: Slot[] = [];
  const waiting = new Map<symbol, string>();
  for (let step = 0; step < 40; step += 1) {
    if (random(5) < 2) held.splice(random(held.length || 1), 1)[0]?.giveBack();
    else {
      const caller = 'abcd'[Math.min(random(4), random(4))]!;
      const token = Symbol(caller);
      waiting.set(token, caller);
      void Promise.resolve(all.enter(caller)).then(
        (slot) => (waiting.delete(token), held.push(slot)),
        () => waiting.delete(token),
      );
    }
    await Promise.resolve();
    await Promise.resolve();
  }
  return [...waiting.values()].find((caller) => {
    const slot = all.enter(caller);
    if (slot instanceof Promise) void slot.catch(() => undefined);
    return !(slot instanceof Promise);
  });
}
