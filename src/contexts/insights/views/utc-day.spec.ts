import { utcDay } from './utc-day.js';

describe('the day of a report', () => {
  it('is the day in UTC', () => {
    expect(utcDay('1997-01-31T23:59:59.999Z')).toBe('1997-01-31');
  });

  it('is the day in UTC too where the instant names another zone', () => {
    expect(utcDay('1997-02-01T00:30:00+02:00')).toBe('1997-01-31');
    expect(utcDay('1997-01-31T20:00:00.5-05:00')).toBe('1997-02-01');
  });
});
