import { TestClock } from '#kernel/testing';

describe('the clock of a test', () => {
  it('stands still, and goes on when it is told', () => {
    const clock = new TestClock('2026-11-23T12:00:00Z');
    const times = ['0 s', '15 min', '1 h', '2 days', '500 ms'].map((duration) => {
      clock.advance(duration);
      return clock.now().toISOString();
    });
    expect(times).toEqual([
      '2026-11-23T12:00:00.000Z',
      '2026-11-23T12:15:00.000Z',
      '2026-11-23T13:15:00.000Z',
      '2026-11-25T13:15:00.000Z',
      '2026-11-25T13:15:00.500Z',
    ]);
  });

  it('can be set, and cannot be changed by those who read it', () => {
    const clock = new TestClock();
    clock.set('2026-01-01T00:00:00Z');
    clock.now().setFullYear(1999);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it.each(['soon', '15', 'min', '1.5 h', '-1 s', '3 fortnights'])('does not know how long %p is', (duration) => {
    expect(() => new TestClock().advance(duration)).toThrow('is no duration. Write it as "15 min"');
  });
});
