import { configurationOf } from '#config';
import { Admission, type AdmissionSlot } from './admission.js';

const LIMIT = 8;

function admission(): Admission {
  return new Admission(configurationOf({ DATABASE_POOL_SIZE: '2' }));
}

function fill(gate: Admission): AdmissionSlot[] {
  return Array.from({ length: LIMIT }, () => gate.enter() as AdmissionSlot);
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
    const waiting = ['a', 'b'].map((name) => Promise.resolve(gate.enter()).then(() => order.push(name)));
    first!.leave();
    second!.leave();
    await Promise.all(waiting);
    expect([order, gate.underWay]).toEqual([['a', 'b'], LIMIT]);
  });

  it('refuses after a quarter of a second, and at once when as many wait already', async () => {
    const gate = admission();
    fill(gate);
    const start = performance.now();
    const waiting = Array.from({ length: LIMIT }, () => codeOf(gate.enter()));
    expect(() => gate.enter()).toThrow(expect.objectContaining({ code: 'overloaded' }) as Error);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['overloaded']));
    expect(performance.now() - start).toBeLessThan(900);
  });

  it('keeps some places for operators, and gives them to nobody else when they are free again', async () => {
    const gate = admission();
    const [first] = fill(gate);
    const kept = Array.from({ length: 4 }, () => gate.enter({ isOperators: true }) as AdmissionSlot);
    expect([kept.some((slot) => slot instanceof Promise), gate.underWay]).toEqual([false, LIMIT + 4]);
    let isIn = false;
    const waiting = Promise.resolve(gate.enter()).then(() => (isIn = true));
    for (const slot of kept) slot.leave();
    await Promise.resolve();
    expect([isIn, gate.underWay]).toEqual([false, LIMIT]);
    first!.leave();
    await waiting;
    expect(gate.underWay).toBe(LIMIT);
  });

  it('keeps a place until answer and handler are both done', () => {
    const gate = admission();
    const slot = gate.enter() as AdmissionSlot;
    slot.hold();
    slot.leave();
    expect(gate.underWay).toBe(1);
    slot.leave();
    expect(gate.underWay).toBe(0);
  });

  it('lets nobody in while draining', () => {
    const gate = admission();
    const slot = gate.enter() as AdmissionSlot;
    gate.drain();
    expect(() => gate.enter()).toThrow(expect.objectContaining({ code: 'draining' }) as Error);
    slot.leave();
    expect(gate.underWay).toBe(0);
  });
});
