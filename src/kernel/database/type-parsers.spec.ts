import { typeParsers } from './type-parsers.js';

const parse = (oid: number, text: string): unknown =>
  (typeParsers.getTypeParser as (oid: number) => (text: string) => unknown)(oid)(text);

describe('a column', () => {
  it.each([
    [20, '9007199254740991', 9007199254740991],
    [1184, '2026-01-01 00:00:00+00', '2026-01-01T00:00:00.000Z'],
    [1184, '2026-01-31 12:30:00.123456+05:30', '2026-01-31T07:00:00.123Z'],
    [1184, '1999-12-31 20:00:00-04', '2000-01-01T00:00:00.000Z'],
    [1184, '1850-01-01 00:53:28+00:53:28', '1850-01-01T00:00:00.000Z'],
    [1184, '0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
    [1184, '0001-01-01 00:53:28+00:53:28', '0001-01-01T00:00:00.000Z'],
    [1082, '1996-07-04', '1996-07-04'],
    [1700, '12.30', '12.30'],
    [3802, '{"a":1}', { a: 1 }],
    [1016, '{1,NULL,2}', [1, null, 2]],
    [1185, '{"2026-01-01 00:00:00+00"}', ['2026-01-01T00:00:00.000Z']],
    [1182, '{2026-01-01}', ['2026-01-01']],
    [25, 'text', 'text'],
  ])('of type %i reads %s as %j', (oid, text, value) => {
    expect(parse(oid, text)).toEqual(value);
  });

  it.each([
    [20, '9007199254740993'],
    [1184, 'infinity'],
  ])('of type %i refuses %s rather than changing it', (oid, text) => {
    expect(() => parse(oid, text)).toThrow(RangeError);
  });
});
