import { configurationOf } from '#config';
import { Admission } from './admission.js';
import type { Slot } from '../../../kernel/database/places.js';

const LIMIT = 8;
const SHARE = 2;

function admission(): Admission {
  return new Admission(configurationOf({ DATABASE_POOL_SIZE: '2' }));
}

function fill(gate: Admission): Slot[] {
  return Array.from({ length: LIMIT }, (_, n) => gate.enter({ caller: `c${n}` }) as Slot);
}

const codeOf = (entering: unknown): Promise<string | undefined> =>
  Promise.resolve(entering).then(
    () => undefined,
    (error: { code: string }) => error.code,
  );

describe('admission', () => {
  it('is immediate for four requests per connection', () => {
    const gate = admission();
    expect(fill(gate).some((slot) => slot instanceof Promise)).toBe(false);
    expect(gate.underWay).toBe(LIMIT);
  });

  it('takes a place back early, once, from who still waits for something else', () => {
    const gate = admission();
    const [patient] = fill(gate);
    patient!.hold();
    patient!.giveBack();
    expect(gate.underWay).toBe(LIMIT - 1);
    patient!.leave();
    patient!.leave();
    patient!.giveBack();
    expect(gate.underWay).toBe(LIMIT - 1);
  });

  it('passes a freed place to who waits longest', async () => {
    const gate = admission();
    const [first, second] = fill(gate);
    const order: string[] = [];
    const waiting = ['a', 'b'].map((name) =>
      Promise.resolve(gate.enter({ caller: name })).then(() => order.push(name)),
    );
    first!.leave();
    second!.leave();
    await Promise.all(waiting);
    expect([order, gate.underWay]).toEqual([['a', 'b'], LIMIT]);
  });

  it('refuses after a quarter of a second, and at once when as many wait already', async () => {
    const gate = admission();
    fill(gate);
    const start = performance.now();
    const waiting = Array.from({ length: LIMIT }, (_, n) => codeOf(gate.enter({ caller: `w${n}` })));
    expect(() => gate.enter({ caller: 'late' })).toThrow(expect.objectContaining({ code: 'overloaded' }) as Error);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['overloaded']));
    expect(performance.now() - start).toBeLessThan(900);
  });

  it('keeps some places for operators, and gives them to nobody else when they are free again', async () => {
    const gate = admission();
    const [first] = fill(gate);
    const kept = Array.from({ length: 4 }, () => gate.enter({ caller: 'olga', isOperators: true }) as Slot);
    expect([kept.some((slot) => slot instanceof Promise), gate.underWay]).toEqual([false, LIMIT + 4]);
    let isIn = false;
    const waiting = Promise.resolve(gate.enter({ caller: 'ada' })).then(() => (isIn = true));
    for (const slot of kept) slot.leave();
    await Promise.resolve();
    expect([isIn, gate.underWay]).toEqual([false, LIMIT]);
    first!.leave();
    await waiting;
    expect(gate.underWay).toBe(LIMIT);
  });

  it('keeps a place until answer and handler are both done', () => {
    const gate = admission();
    const slot = gate.enter({ caller: 'ada' }) as Slot;
    slot.hold();
    slot.leave();
    expect(gate.underWay).toBe(1);
    slot.leave();
    expect(gate.underWay).toBe(0);
  });

  it('leaves the last quarter of places, and of the queue, to callers that hold less than a quarter', async () => {
    const gate = admission();
    const enter = (caller: string): Slot | Promise<Slot> => gate.enter({ caller });
    const failed = Array.from({ length: LIMIT - SHARE }, () => enter('eve') as Slot);
    const queued = Array.from({ length: LIMIT - SHARE }, () => codeOf(enter('eve')));
    expect(() => enter('eve')).toThrow(expect.objectContaining({ code: 'overloaded' }) as Error);

    const others = Array.from({ length: SHARE }, () => enter('ada'));
    expect([others.some((slot) => slot instanceof Promise), gate.underWay]).toEqual([false, LIMIT]);
    const bob = Promise.resolve(enter('bob'));
    failed[0]!.leave();
    expect((await bob).constructor.name).toBe('Slot');
    expect(new Set(await Promise.all(queued))).toEqual(new Set(['overloaded']));
  });

  it('counts callers that are not known yet apart, by address', async () => {
    const gate = admission();
    fill(gate);
    const slots = Array.from({ length: 192 }, () => gate.enterUnidentified('192.0.2.1'));
    expect(slots.some((slot) => slot instanceof Promise)).toBe(false);
    expect(gate.enterUnidentified('192.0.2.2')).not.toBeInstanceOf(Promise);
    expect(await codeOf(gate.enterUnidentified('192.0.2.1'))).toBe('overloaded');
  });

  it('lets nobody in while draining', () => {
    const gate = admission();
    const slot = gate.enter({ caller: 'ada' }) as Slot;
    gate.drain();
    expect(() => gate.enter({ caller: 'ada' })).toThrow(expect.objectContaining({ code: 'draining' }) as Error);
    slot.leave();
    expect(gate.underWay).toBe(0);
  });
});
