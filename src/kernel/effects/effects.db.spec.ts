import { createToyTables, poolsOf, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { CountCommand, CountHandler, Counters, streamOf } from '../../../test/support/toys.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';
import { CommandBus } from '@nestjs/cqrs';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { newId } from '../messages/ids.js';
import { messageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { EffectHandler, type Effect, type IEffectHandler } from './effect-handler.decorator.js';
import { EffectRefused } from './effect-errors.js';
import { Effects } from './effects.js';
import { StoredEffects } from './stored-effects.js';
type Call = (effect: Effect<{ to: string }>, signal: AbortSignal) => unknown;
/** What was called, in order, and what a call is to do; by key. */
const calls: { readonly key: string; readonly attempt: number }[] = [];
const behaviour = new Map<string, Call>();
const callsOf = (key: string): number[] => calls.filter((call) => call.key === key).map(({ attempt }) => attempt);

@EffectHandler('toy.call', { concurrency: 2, maxTries: 3, retryFirstMs: 1 })
class CallNeighbour implements IEffectHandler<{ to: string }> {
  async handle(effect: Effect<{ to: string }>, signal: AbortSignal): Promise<unknown> {
    calls.push({ key: effect.key, attempt: effect.attempt });
    return (behaviour.get(effect.key) ?? (() => ({ said: `hello ${effect.body.to}` })))(effect, signal);
  }
}

@EffectHandler('toy.hurry', { timeoutMs: 20, maxTries: 1 })
class CallInAHurry extends CallNeighbour {}

const parts: ToyParts = { providers: [Counters, CountHandler, CallNeighbour, CallInAHurry] };
let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});
/** Intends a call in a command of its own. */
const intend = (key: string, { to = 'ada', kind = 'toy.call', by = toy } = {}): Promise<unknown> =>
  by.inCommand(() => by.get(Effects).enqueue({ kind, key, body: { to } }));
const effect = async (key: string) => (await toy.get(StoredEffects).find({ key }))[0];
const expectEffect = (key: string, expected: object): Promise<void> =>
  eventually(async () => expect(await effect(key)).toMatchObject(expected));
/** A promise, and the function that keeps it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('an effect', () => {
  it('is carried out after its commit, outside any unit, in the context of what caused it', async () => {
    const key = newId();
    let context: object = {};
    behaviour.set(key, () => {
      const { correlationId, causationId, actor, imported, causationDepth } = messageContext.current();
      context = { correlationId, causationId, actor, imported, causationDepth, unit: UnitOfWork.current() };
      return { answer: 42 };
    });
    const fields = { correlationId: newId(), causationId: newId(), imported: true };
    const intent = { kind: 'toy.call', key, body: { to: 'ada' } };
    await toy.inCommand(() => toy.get(Effects).enqueue(intent), { ...fields, causationDepth: 3 });

    await expectEffect(key, { state: 'done', attempts: 1, result: { answer: 42 }, error: null, dueAt: null });
    const actor = { type: 'system', id: 'toy.call' };
    expect(context).toEqual({ ...fields, causationDepth: 4, actor, unit: undefined });
  });

  it('is not there when its command fails', async () => {
    const key = newId();
    const failing = toy.inCommand(() => {
      toy.get(Effects).enqueue({ kind: 'toy.call', key, body: { to: 'ada' } });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await effect(key)).toBeUndefined();
  });

  it('is intended once, however often the same is intended', async () => {
    const key = newId();
    await toy.inCommand(() => {
      for (const to of ['ada', 'ada']) toy.get(Effects).enqueue({ kind: 'toy.call', key, body: { to } });
    });
    await Promise.all([intend(key), intend(key)]);
    await expectEffect(key, { state: 'done' });
    await intend(key);
    expect(callsOf(key)).toEqual([1]);
  });

  it('is never another one under a known key: nothing of such a command is committed', async () => {
    const [key, id] = [newId(), newId()];
    await intend(key);
    const other = toy.inCommand(async () => {
      await toy.get(CommandBus).execute(new CountCommand(id, 1));
      toy.get(Effects).enqueue({ kind: 'toy.call', key, body: { to: 'eve' } });
    });
    await expect(other).rejects.toMatchObject({ code: 'WB005' });
    expect(await toy.events(streamOf(id))).toEqual([]);

    const both = toy.inCommand(() => {
      for (const to of ['ada', 'eve']) toy.get(Effects).enqueue({ kind: 'toy.call', key, body: { to } });
    });
    await expect(both).rejects.toMatchObject({ code: 'effect-key-reused' });
  });

  it('is refused without a handler, and outside a command', async () => {
    await expect(intend(newId(), { kind: 'toy.nobody' })).rejects.toThrow("@EffectHandler('toy.nobody')");
    expect(() => toy.get(Effects).enqueue({ kind: 'toy.call', key: 'k', body: {} })).toThrow('outside a command');
  });
});

describe('a call that fails', () => {
  it('is made again under the same key', async () => {
    const key = newId();
    behaviour.set(key, ({ attempt }) => {
      if (attempt < 3) throw new Error('busy');
    });
    await intend(key);
    await expectEffect(key, { state: 'done', attempts: 3, error: null });
    expect(callsOf(key)).toEqual([1, 2, 3]);
  });

  it('is dead-lettered after its last try, with the cause, until an operator has it tried again', async () => {
    const key = newId();
    behaviour.set(key, () => {
      throw new Error('gone');
    });
    await intend(key);
    await expectEffect(key, { state: 'dead-lettered', attempts: 3, error: 'gone', dueAt: null });
    await eventually(async () => expect(toy.said).toContain(`toy.call ${key} is dead-lettered after 3 tries: gone`));
    behaviour.delete(key);
    expect(await toy.get(StoredEffects).retry({ key }, { by: { id: 'ada' }, reason: 'is back' })).toBe(1);
    await expectEffect(key, { state: 'done', attempts: 1 });
    expect(await toy.rows("SELECT principal, reason FROM kernel.audit WHERE action = 'effects.retry'")).toEqual([
      { principal: 'ada', reason: 'is back' },
    ]);
    expect(await toy.get(StoredEffects).retry({ key }, { by: { id: 'ada' } })).toBe(0);
  });

  it('is dead-lettered at once where trying again can not help', async () => {
    const key = newId();
    behaviour.set(key, () => {
      throw new EffectRefused('no such number');
    });
    await intend(key);
    await expectEffect(key, { state: 'dead-lettered', attempts: 1, error: 'no such number' });
  });

  it('is given up when it takes too long, and told so by its signal', async () => {
    const key = newId();
    const told = gate();
    behaviour.set(key, async (_, signal) => {
      signal.addEventListener('abort', told.open);
      await new Promise(() => undefined);
    });
    await intend(key, { kind: 'toy.hurry' });
    await told.opened;
    await expectEffect(key, { state: 'dead-lettered', error: expect.stringContaining('took longer than 20 ms') });
  });
});

describe('many effects', () => {
  it('are called a few at a time, and hold up no other kind', async () => {
    const release = gate();
    const keys = Array.from({ length: 5 }, () => newId());
    for (const key of keys) behaviour.set(key, () => release.opened);
    for (const key of keys) await intend(key);
    await eventually(() => expect(keys.flatMap(callsOf)).toHaveLength(2));
    const other = newId();
    await intend(other, { kind: 'toy.hurry' });
    await expectEffect(other, { state: 'done' });
    expect(keys.flatMap(callsOf)).toHaveLength(2);

    release.open();
    for (const key of keys) await expectEffect(key, { state: 'done' });
  });

  it('are shared by replicas: each is called once', async () => {
    const other = await ToyApp.start(db, { parts });
    const keys = Array.from({ length: 40 }, () => newId());
    await Promise.all(keys.map((key, n) => intend(key, { by: n % 2 === 0 ? toy : other })));
    for (const key of keys) await expectEffect(key, { state: 'done', attempts: 1 });
    await other.close();
    expect(keys.map((key) => callsOf(key))).toEqual(keys.map(() => [1]));
  });
});

describe('a worker', () => {
  const workerThrough = (proxy: TcpProxy) =>
    ToyApp.start(db, { parts, pools: poolsOf(db, {}, { worker: { url: proxy.through(db.workerUrl) } }) });

  it('that dies between call and record has its call made again by another, under the same key', async () => {
    const { hostname, port } = new URL(db.workerUrl);
    const proxy = await TcpProxy.to({ host: hostname, port: Number(port) });
    await toy.close();
    const dying = await workerThrough(proxy);
    const key = newId();
    const died = gate();
    behaviour.set(key, async () => {
      behaviour.delete(key);
      proxy.refuseNew();
      await proxy.close();
      died.open();
    });
    await intend(key, { by: dying });
    await died.opened;
    await dying.close();

    toy = await ToyApp.start(db, { parts });
    await expectEffect(key, { state: 'running', attempts: 1 });
    await toy.rows('UPDATE kernel.effects SET due_at = now() WHERE key = $1', key); // the claim ends
    await expectEffect(key, { state: 'done', attempts: 2 });
    expect(callsOf(key)).toEqual([1, 2]);
  });

  /** A first call that outlives its claim, and a second one beside it; each ends when told how. */
  async function twoCalls(key: string): Promise<Record<'first' | 'second', { end: (error?: Error) => void }>> {
    const ends = new Map<number, (error?: Error) => void>();
    const untilTold = (attempt: number) => (resolve: () => void, reject: (error: Error) => void) =>
      ends.set(attempt, (error) => (error === undefined ? resolve() : reject(error)));
    behaviour.set(key, ({ attempt }) => new Promise<void>(untilTold(attempt)));
    await intend(key);
    await eventually(() => expect(ends.size).toBe(1));
    await toy.rows('UPDATE kernel.effects SET due_at = now() WHERE key = $1', key); // the claim ends
    await eventually(() => expect(ends.size).toBe(2));
    return { first: { end: ends.get(1)! }, second: { end: ends.get(2)! } };
  }

  it('that comes too late with a failure is not heard', async () => {
    const key = newId();
    const { first, second } = await twoCalls(key);
    first.end(new Error('late'));
    const other = newId();
    await intend(other);
    await expectEffect(other, { state: 'done' });
    await expectEffect(key, { state: 'running', attempts: 2, error: null });
    second.end();
    await expectEffect(key, { state: 'done', attempts: 2 });
  });

  it('that comes late with a success is believed: the call did happen', async () => {
    const key = newId();
    const { first, second } = await twoCalls(key);
    first.end();
    await expectEffect(key, { state: 'done' });
    second.end(new Error('a repeat'));
    const other = newId();
    await intend(other);
    await expectEffect(other, { state: 'done' });
    await expectEffect(key, { state: 'done', error: null });
  });

  it('is not followed for ever by others into a call that ends them', async () => {
    const key = newId();
    await toy.rows(
      `INSERT INTO kernel.effects (tenant, kind, key, body, body_hash, context, state, attempts)
       VALUES ('default', 'toy.call', $1, '{}', '', '{}', 'running', 3)`,
      key,
    );
    await expectEffect(key, { state: 'dead-lettered', error: expect.stringContaining('ended during the call') });
    expect(callsOf(key)).toEqual([]);
  });

  it('lets calls under way end before it stops', async () => {
    const key = newId();
    const [begun, release] = [gate(), gate()];
    behaviour.set(key, async () => {
      begun.open();
      await release.opened;
      return 'in time';
    });
    await intend(key);
    await begun.opened;
    const closed = toy.close();
    release.open();
    await closed;
    toy = await ToyApp.start(db, { parts });
    expect(await effect(key)).toMatchObject({ state: 'done', attempts: 1, result: 'in time' });
  });
});

describe('the start', () => {
  it('is refused when two classes carry out one kind', async () => {
    @EffectHandler('toy.call')
    class CallSomebodyElse extends CallNeighbour {}
    const start = ToyApp.start(db, { parts: { providers: [CallNeighbour, CallSomebodyElse] } });
    await expect(start).rejects.toThrow('toy.call has two effect handlers, CallNeighbour and CallSomebodyElse');
  });

  it('knows a kind by context and verb', () => {
    expect(() => EffectHandler('mail')).toThrow("'notifications.deliver'");
  });
});
