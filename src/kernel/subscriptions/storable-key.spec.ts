import { storableKey, storablePrefix } from './storable-key.js';

const LONG = 'x'.repeat(5_000);

it.each(['', 'order-1', 'Größe ∞ 👍', 'a\u001fb', 'x'.repeat(1_024)])('keeps a short key as it is (%#)', (key) => {
  expect(storableKey(key)).toBe(key);
});

it.each([
  ['is longer than an index entry', LONG],
  ['is longer than an index entry in bytes', '∞'.repeat(400)],
  ['has half of a surrogate pair', 'a\uD800b'],
  ['has a NUL', 'a\0b'],
])('gives a key that %s a text that PostgreSQL stores', (_, key) => {
  const stored = storableKey(key);
  expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(1_024);
  expect(stored).not.toMatch(/\0|\p{Surrogate}/u);
  expect(stored).toMatch(/#sha256:[0-9a-f]{64}$/);
});

it('gives different keys different texts', () => {
  const keys = [LONG, `${LONG}x`, 'a\uD800', 'a\uD801', 'a\uDC00', 'a\0', 'a\uFFFD'];
  expect(new Set(keys.map(storableKey)).size).toBe(keys.length);
});

it.each([
  ['short', 'ab', 'abc'],
  ['longer than what is kept of a key', 'x'.repeat(300), 'x'.repeat(600)],
  ['longer than what is kept of a hashed key', 'x'.repeat(300), LONG],
  ['longer than a key may be', LONG, `${LONG}y`],
  ['with a NUL', 'a\0', 'a\0b'],
  ['with a pair at the cut', `${'x'.repeat(199)}👍yy`, `${'x'.repeat(199)}👍yyy`],
  ['with a pair at the cut of a hashed key', `${'x'.repeat(199)}👍yy`, `${'x'.repeat(199)}👍yy${LONG}`],
])('finds a key by its beginning (%s)', (_, prefix, key) => {
  expect(storableKey(key).startsWith(storablePrefix(prefix))).toBe(true);
});
