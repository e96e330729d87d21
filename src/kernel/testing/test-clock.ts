import type { Clock } from '../messages/clock.js';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

/**
 * A clock that stands still until it is told otherwise. Give it to an application in place of `Clock`:
 *
 * ```ts
 * const clock = new TestClock('2026-11-23T12:00:00Z');
 * Test.createTestingModule(…).overrideProvider(Clock).useValue(clock);
 * clock.advance('15 min');
 * ```
 */
export class TestClock implements Clock {
  #now: Date;

  constructor(start = '2026-11-23T12:00:00.000Z') {
    this.#now = validTime(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  set(time: string): void {
    this.#now = validTime(time);
  }

  /** @param duration such as `15 min`: ms, s, min, h, day or days. @throws Error for anything else */
  advance(duration: string): void {
    const [, amount, unit] = /^(\d+) ?([a-z]+)$/.exec(duration) ?? [];
    const unitMs = UNITS[unit ?? ''];
    if (unitMs === undefined)
      throw new Error(`"${duration}" is no duration. Write it as "15 min"; units: ${Object.keys(UNITS).join(', ')}.`);
    this.#now = new Date(this.#now.getTime() + Number(amount) * unitMs);
  }
}

function validTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`"${text}" is no time. Write it as 2026-11-23T12:00:00Z.`);
  return time;
}
