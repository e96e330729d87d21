const MILLION = 1_000_000;

/** What is put into every field, where the form is short: one of each kind that has broken a server somewhere. */
const SHORT: readonly unknown[] = [
  null,
  '',
  ' ',
  'x'.repeat(70_000),
  '\0',
  '\ud800',
  '\u202edrow',
  '😀'.repeat(300),
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '__proto__',
  -1,
  0,
  0.1,
  2 ** 53,
  1e308,
  true,
  [],
  {},
  [null],
  { toString: 1, constructor: { prototype: {} } },
  '9999-12-31T23:59:59-15:59',
  '2020-01-01T00:00:00+16:00',
];

const MORE: readonly unknown[] = [
  undefined,
  'null',
  'NaN',
  '0x10',
  '1e400',
  '\u00a0',
  '\u2028',
  'e\u0301'.repeat(2_000),
  '\u0958'.repeat(200),
  '\uffff',
  '../../etc/passwd',
  '%00',
  '%',
  '\\',
  '${7*7}',
  '{{7*7}}',
  '=1+1',
  'a\r\nX-Injected: 1',
  'Bearer x',
  '0000-00-00T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '-271821-04-20T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  -0,
  -(2 ** 63),
  2 ** 63,
  5e-324,
  2_147_483_648,
  false,
  Array.from({ length: 2_000 }, () => 1),
  [[[[[[[[[[]]]]]]]]]],
  { a: { b: { c: { d: {} } } } },
  { $ne: null },
  'x'.repeat(MILLION),
];

const minutes = process.env['ATTACK_MINUTES'];

/** `npm run attack`: more values, and requests at random for so long. */
export const isLong = minutes !== undefined;
export const attackMs = isLong ? Number(minutes) * 60_000 : 10_000;

export const VALUES: readonly unknown[] = isLong ? [...SHORT, ...MORE] : SHORT;

/** Bodies that are no JSON object, or not as they say. */
export const BROKEN_BODIES: readonly string[] = [
  '',
  '{',
  '[]',
  'null',
  '1',
  '"text"',
  '{"a":1,"a":2}',
  '\ufeff{}',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  '{"a":1e400}',
  '{"a":-0}',
  '{"a":"\\ud800"}',
  `{"a":${'9'.repeat(50_000)}}`,
];

/** A copy of a body with one of its fields replaced; `undefined` leaves it out. */
export function withField(body: unknown, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(body) as Record<string, unknown>;
  let at = copy;
  for (const name of path.slice(0, -1)) {
    const next = at[name];
    if (typeof next !== 'object' || next === null) at[name] = {};
    at = at[name] as Record<string, unknown>;
  }
  at[path.at(-1)!] = value;
  return copy;
}
