import { Logger } from '@nestjs/common';
import { until } from './testing/until.js';
import { PollingLoop } from './polling-loop.js';

const LONG_MS = 60_000;

/** A loop whose turns end when the test says so. */
class Turns {
  begun = 0;
  readonly failures: unknown[] = [];
  #end: ((rest: number | Error) => void) | undefined;
  #onBegun: (() => void) | undefined;
  readonly loop = new PollingLoop({
    turn: () =>
      new Promise((resolve, reject) => {
        this.begun += 1;
        this.#end = (rest) => (typeof rest === 'number' ? resolve(rest) : reject(rest));
        this.#onBegun?.();
      }),
    failed: (error) => {
      this.failures.push(error);
      return LONG_MS;
    },
  });

  end(rest: number | Error): void {
    this.#end!(rest);
  }

  next(): Promise<void> {
    return new Promise((resolve) => (this.#onBegun = resolve));
  }
}

/** Everything that can happen without time passing has happened. */
const quiet = (): Promise<void> => new Promise(setImmediate);

describe('a polling loop', () => {
  let turns: Turns;
  beforeEach(() => {
    turns = new Turns();
    turns.loop.start();
  });
  afterEach(async () => {
    const stopped = turns.loop.stop();
    turns.end(0);
    await stopped;
  });

  it('begins its first turn within the start, and is started once', () => {
    turns.loop.start();
    expect(turns.begun).toBe(1);
  });

  it('begins the next turn at once after a turn that asks for no rest', async () => {
    turns.end(0);
    await turns.next();
    expect(turns.begun).toBe(2);
  });

  it('rests after a turn that asks for it, until it is woken', async () => {
    turns.end(LONG_MS);
    await quiet();
    expect(turns.begun).toBe(1);
    turns.loop.wake();
    await turns.next();
    expect(turns.begun).toBe(2);
  });

  it('does not rest after a turn during which it was woken', async () => {
    turns.loop.wake();
    turns.end(LONG_MS);
    await turns.next();
    turns.end(LONG_MS);
    await quiet();
    expect(turns.begun).toBe(2);
  });

  it('rests after a failure as long as its owner says, and goes on', async () => {
    const failure = new Error('no');
    turns.end(failure);
    await quiet();
    expect([turns.begun, turns.failures]).toEqual([1, [failure]]);
    turns.loop.wake();
    await turns.next();
    expect(turns.begun).toBe(2);
  });

  it('ends with the turn under way when it is stopped, and reports no failure of that turn', async () => {
    let hasStopped = false;
    const stopped = turns.loop.stop().then(() => (hasStopped = true));
    await quiet();
    expect([turns.loop.isStopping, hasStopped]).toEqual([true, false]);
    turns.end(new Error('stopped'));
    await stopped;
    expect([turns.begun, turns.failures]).toEqual([1, []]);
  });

  it('ends a rest within a turn when it is woken, when it is stopped, and when what the rest waits for has come', async () => {
    const woken = turns.loop.rest(LONG_MS);
    turns.loop.wake();
    await woken;
    const other = new PollingLoop({ turn: async () => 0, failed: () => 0 });
    await other.rest(LONG_MS, Promise.resolve());
    const stopped = other.rest(LONG_MS);
    await other.stop();
    await expect(stopped).resolves.toBeUndefined();
  });
});

it('goes on when the handler of its failures fails too, and logs both', async () => {
  const logged: unknown[] = [];
  Logger.overrideLogger({ log: () => undefined, warn: () => undefined, error: (text: unknown) => logged.push(text) });
  let turns = 0;
  const loop = new PollingLoop({
    turn: () => Promise.reject(new Error(`turn ${(turns += 1)}`)),
    failed: () => {
      throw new Error('the handler failed');
    },
  });
  loop.start();
  await until('it has failed', () => logged.length > 0);
  loop.wake();
  await until('it has another turn', () => turns > 1);
  await loop.stop();
  expect(logged[0]).toBe('A failed turn could not be handled: the handler failed. It had failed with: turn 1');
});
