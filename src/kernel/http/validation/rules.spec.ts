import { isDay, isId, isInstant, isMailAddress, isText } from './rules.js';

describe('an instant', () => {
  it.each(['2026-11-23T09:30:00Z', '2026-02-28T23:59:59.123456+02:00', '2024-02-29T00:00:00.000Z'])(
    'may be %s',
    (text) => {
      expect(isInstant(text)).toBe(true);
    },
  );

  it.each([
    '0000-00-00T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    'infinity',
    '2026-11-23T23:60:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T09:30:00',
    '2026-02-29T00:00:00Z',
    '2026-11-23',
    '2026-11-23 09:30:00Z',
    5,
    null,
    new Date(),
  ])('is not %p', (value) => {
    expect(isInstant(value)).toBe(false);
  });
});

describe('a day', () => {
  it('exists', () => {
    expect(['2026-11-23', '2000-02-29'].every(isDay)).toBe(true);
    expect(['1900-02-29', '2026-13-01', '2026-00-10', '0000-00-00', '2026-1-1', 20_261_123].some(isDay)).toBe(false);
  });
});

describe('an id', () => {
  it('is a UUID in any case, but not nil and not in braces', () => {
    expect(isId('0198C0DE-0000-7000-8000-000000000001')).toBe(true);
    expect(isId('00000000-0000-0000-0000-000000000000')).toBe(false);
    expect(isId('{0198c0de-0000-7000-8000-000000000001}')).toBe(false);
  });
});

describe('text', () => {
  const fits = (value: unknown, limits: { max: number; min?: number; lines?: boolean } = { max: 10 }): boolean =>
    isText(value, limits);

  it.each(['Ada L.', 'Łódź', '東京', '👩🏽', 'naïve', '😀'.repeat(10)])('may be %s', (text) => {
    expect(fits(text)).toBe(true);
  });

  it.each([
    ['right-to-left override', 'a\u202eb'],
    ['zero-width space', 'a\u200bb'],
    ['NUL', 'a\0b'],
    ['line break', 'a\nb'],
    ['escape', 'a\u001b[31m'],
    ['marks without end', `e${'\u0301'.repeat(9)}`],
    ['blanks at the ends', ' Ada'],
    ['nothing', ''],
    ['eleven characters', '😀'.repeat(11)],
    ['something else', 5],
  ])('has no %s', (_name, value) => {
    expect(fits(value)).toBe(false);
  });

  it('has lines where they are wanted', () => {
    expect(fits('a\nb', { max: 10, lines: true })).toBe(true);
    expect(fits('a\u202eb', { max: 10, lines: true })).toBe(false);
  });

  it('of hostile length is measured in milliseconds', () => {
    const start = performance.now();
    fits(`e${'\u0301'.repeat(8_000)}`, { max: 8_192 });
    expect(performance.now() - start).toBeLessThan(50);
  });
});

describe('a mail address', () => {
  it.each([
    'ada@example.org',
    "o'hara+shop@example.org",
    '{a}/x=y|z@example.org',
    'josé@bücher.example',
    '用户@例え.jp',
  ])('may be %s', (address) => {
    expect(isMailAddress(address)).toBe(true);
  });

  it.each([
    ['a quoted name', '"a> SIZE=1"@b.example'],
    ['a quoted name that needs no quotes', '"ada"@b.example'],
    ['a percent route', 'a%evil.example@b.example'],
    ['a bang path', 'evil.example!a@b.example'],
    ['a source route', '@evil.example:a@b.example'],
    ['a second address', 'a@b.example,c@d.example'],
    ['angle brackets', '<a@b.example>'],
    ['an invisible joiner', 'a\u200db@b.example'],
    ['a domain literal', 'a@[127.0.0.1]'],
    ['no domain', 'ada'],
    ['another type', 5],
  ])('has not %s', (_name, value) => {
    expect(isMailAddress(value)).toBe(false);
  });
});
