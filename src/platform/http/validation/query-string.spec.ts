import { parseQueryString } from './query-string.js';

describe('a query string', () => {
  it('is read name by name, without a prototype', () => {
    const { values, isMalformed } = parseQueryString('a=1&b=x%20y+z&__proto__=p&c&a=2');
    expect(isMalformed).toBe(false);
    expect({ ...values }).toEqual({ a: ['1', '2'], b: 'x y z', ['__proto__']: 'p', c: '' });
    expect(Object.getPrototypeOf(values)).toBeNull();
  });

  it.each([
    'a=%E0%A4%A',
    'a=%',
    '%zz=1',
    'a=%00',
    'a=%ED%A0%80',
    Array.from({ length: 51 }, (_, n) => `p${n}=1`).join('&'),
  ])('is malformed: %s', (text) => {
    expect(parseQueryString(text).isMalformed).toBe(true);
  });
});
