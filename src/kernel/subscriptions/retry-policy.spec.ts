import { MAX_TRIES, pauseAfter } from './retry-policy.js';

describe('the pause before an event is tried again', () => {
  it('doubles with each try up to a minute, with full jitter', () => {
    const longest = (attempts: number) => pauseAfter(attempts, 0, () => 1);
    expect([1, 2, 3].map(longest)).toEqual([400, 800, 1_600]);
    expect(longest(MAX_TRIES - 1)).toBe(60_000);
    expect(pauseAfter(3, 0, () => 0)).toBe(0);
  });

  it('is four times as long as the last try took, a minute at most', () => {
    expect(pauseAfter(1, 3_000, () => 0)).toBe(12_000);
    expect(pauseAfter(1, 30_000, () => 0)).toBe(60_000);
    expect(pauseAfter(6, 100, () => 1)).toBe(12_800);
  });

  it('has no end after the last try: the event waits for an operator', () => {
    expect(pauseAfter(MAX_TRIES)).toBeUndefined();
  });
});
