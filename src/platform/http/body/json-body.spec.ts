import { parseJsonBody } from './json-body.js';
import { MAX_DEPTH, MAX_NODES } from './json-scan.js';

function parse(text: string): unknown {
  return parseJsonBody(Buffer.from(text));
}

function refusalOf(bytes: Buffer | string): { code?: string; rule?: string; pointer?: string } {
  try {
    parseJsonBody(Buffer.from(bytes as string));
    return {};
  } catch (error) {
    const { code, more } = error as { code: string; more: { errors?: { code: string; pointer: string }[] } };
    return { code, rule: more.errors?.[0]?.code, pointer: more.errors?.[0]?.pointer };
  }
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('a JSON body', () => {
  it.each([
    ['an order', '{"lines":[{"sku":"A-1","quantity":2}],"note":"\\u00e9 \\"quoted\\" \\\\"}'],
    ['the greatest safe integer', '{"n":9007199254740991}'],
    ['the smallest safe integer', '{"n":-9007199254740991}'],
    ['decimals that a double keeps', '{"n":[0.1,12.5,1e3,1E-7,123456789.012345,0.0,0e9]}'],
    ['a pair of surrogates', '{"smile":"\\ud83d\\ude00"}'],
    ['strings full of structure', '{"a":"{[,:]}\\"{\\\\","b":"\\\\\\""}'],
    ['equal keys in different objects', '{"a":{"x":1},"b":{"x":1}}'],
    ['the deepest nesting', nested(MAX_DEPTH)],
    ['scalars', '5'],
  ])('is read as JSON.parse reads it: %s', (_name, text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['a cut-off object', '{"a":1'],
    ['a cut-off string', '{"a":"b'],
    ['a cut-off escape', '{"a":"b\\'],
    ['a trailing comma', '{"a":1,}'],
    ['NaN', '{"a":NaN}'],
    ['Infinity', '{"a":Infinity}'],
    ['a leading plus', '{"a":+1}'],
    ['a leading zero', '{"a":01}'],
    ['a hexadecimal number', '{"a":0x10}'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['a comment', '{"a":1 /* one */}'],
    ['single quotes', "{'a':1}"],
    ['a raw control character', '{"a":"\n"}'],
    ['two values', '{} {}'],
    ['a key given twice', '{"n":-5,"n":5}'],
    ['a key given twice, once escaped', '{"n":-5,"\\u006e":5}'],
    ['a key given twice, deep inside', '{"a":[{"b":{"n":1,"n":1}}]}'],
  ])('is malformed: %s', (_name, text) => {
    expect(refusalOf(text)).toMatchObject({ code: 'malformed-json' });
  });

  it.each([
    ['Latin-1', Buffer.from('{"a":"\xe9"}', 'latin1')],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['surrogates in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ])('is malformed in another encoding: %s', (_name, bytes) => {
    expect(refusalOf(bytes)).toMatchObject({ code: 'malformed-json' });
  });

  it.each([
    ['a number that would be rounded', '{"n":9007199254740993}', 'number-not-exact'],
    ['an integer beyond the safe ones', '{"n":[9007199254740992]}', 'number-not-exact'],
    ['a decimal with too many digits', '{"n":0.12345678901234567}', 'number-not-exact'],
    ['an integer with a fraction that would be lost', '{"n":9007199254740991.4}', 'number-not-exact'],
    ['an infinite number', '{"n":1e400}', 'number-not-exact'],
    ['a number that would become zero', '{"n":1e-400}', 'number-not-exact'],
    ['a huge number in short', '{"n":1e30}', 'number-not-exact'],
    ['a negative zero', '{"n":-0}', 'number-not-exact'],
    ['a NUL', '{"a":"\\u0000"}', 'not-text'],
    ['half of a surrogate pair', '{"a":"\\ud800"}', 'not-text'],
    ['half of a surrogate pair in a key', '{"\\udc00":1}', 'not-text'],
    ['a prototype', '{"__proto__":{"isAdmin":true}}', 'unknown-field'],
    ['an escaped prototype', '{"\\u005f\\u005fproto__":{}}', 'unknown-field'],
    ['a constructor', '{"constructor":{"prototype":{}}}', 'unknown-field'],
    ['a long key', `{"${'k'.repeat(65)}":1}`, 'key-too-long'],
    ['a long text', `{"a":"${'x'.repeat(8_193)}"}`, 'too-long'],
    ['deep nesting', nested(MAX_DEPTH + 1), 'too-deep'],
    ['very deep nesting', nested(100_000), 'too-deep'],
    ['very deep objects', '{"a":'.repeat(5_000), 'too-deep'],
    ['too many values', `[${'{},'.repeat(MAX_NODES)}{}]`, 'too-many-values'],
    ['too many keys', `{${Array.from({ length: MAX_NODES + 1 }, (_, n) => `"k${n}":1`).join()}}`, 'too-many-values'],
  ])('is refused: %s', (_name, text, rule) => {
    expect(refusalOf(text)).toMatchObject({ code: 'validation-failed', rule });
  });

  it('is refused with a pointer to the place', () => {
    expect(refusalOf('{"a/b":[{"x":0},{"~":"\\u0000"}]}').pointer).toBe('/a~1b/1/~0');
  });

  it('with a million backslashes or quotes costs milliseconds', () => {
    const start = performance.now();
    refusalOf(`{"a":"${'\\'.repeat(1_000_000)}`);
    refusalOf(`{"a":"${'\\"'.repeat(500_000)}`);
    refusalOf('"'.repeat(1_000_001));
    expect(performance.now() - start).toBeLessThan(500);
  });
});
