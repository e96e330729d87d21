import { isDay, isId, isInstant, isMailAddress } from './rules.js';

describe('an instant', () => {
  it.each([
    '2026-11-23T09:30:00Z',
    '2026-02-28T23:59:59.123456+02:00',
    '2024-02-29T00:00:00.000Z',
    '1000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999Z',
    '2026-11-23T09:30:00+15:59',
    '2026-11-23T09:30:00-15:59',
  ])('may be %s', (text) => {
    expect(isInstant(text)).toBe(true);
  });

  it.each([
    '0000-00-00T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    'infinity',
    '2026-11-23T23:60:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T09:30:00',
    '2026-02-29T00:00:00Z',
    '2020-01-01T00:00:00+16:00',
    '2020-01-01T00:00:00-23:59',
    '1000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:00-00:01',
    '0999-12-31T23:59:00-00:01',
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
