import { RequestState } from './request-state.js';
import { canonical, fingerprintOf } from './fingerprint.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { namesTag, versionIn } from './if-match.js';
import { preferencesOf } from './prefer.js';
import { assertSingleHeaders } from './single-headers.js';

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('an Idempotency-Key', () => {
  it.each([
    ['k', 'k'],
    ['"k"', 'k'],
    ['a,b', 'a,b'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [undefined, undefined],
  ])('%j is %j', (header, key) => {
    expect(idempotencyKeyOf(header)).toBe(key);
  });

  it.each(['', '""', '"', '"a', 'a b', 'k\u00e9', 'x'.repeat(256), 'x'.repeat(10_240), '"a"b"', '\t'])(
    '%j is invalid',
    (header) => {
      expect(codeOf(() => idempotencyKeyOf(header))).toBe('idempotency-key-invalid');
    },
  );
});

describe('If-Match', () => {
  it.each([
    ['"3"', 3],
    ['"0"', 0],
    ['"3.17"', 3],
    ['*', undefined],
    [undefined, undefined],
  ])('%j names version %j', (header, version) => {
    expect(versionIn(header)).toBe(version);
  });

  it.each([
    ['"abc"', 'version-mismatch'],
    ['"9999999999999999999"', 'version-mismatch'],
    ['3', 'validation-failed'],
    ['"1", "2"', 'validation-failed'],
    ['', 'validation-failed'],
  ])('%j is refused as %s', (header, code) => {
    expect(codeOf(() => versionIn(header))).toBe(code);
  });

  it.each([undefined, '*'])('must name a version where one is required: %j', (header) => {
    expect(codeOf(() => versionIn(header, { required: true }))).toBe('version-required');
  });

  it('has a weaker sister', () => {
    expect(namesTag('"1", W/"2"', '"2"')).toBe(true);
    expect(namesTag('*', '"2"')).toBe(true);
    expect(namesTag('"1"', '"2"')).toBe(false);
    expect(namesTag(undefined, '"2"')).toBe(false);
  });
});

describe('Prefer', () => {
  it.each([
    ['wait=5', { waitSeconds: 5 }],
    ['wait=600', { waitSeconds: 10 }],
    ['handling=strict, wait = 0', { waitSeconds: 0, isStrict: true }],
    ['wait=1, wait=9, handling="lenient"', { waitSeconds: 1 }],
    ['respond-async; foo=bar, wait=x, wait=-1, return=minimal', { isAsync: true }],
    ['return=minimal, Respond-Async', { isAsync: true }],
    ['respond-async=later, respond-asynchronously', {}],
    [undefined, {}],
  ])('%j', (header, preferences) => {
    const none = { waitSeconds: undefined, isStrict: false, isAsync: false };
    expect(preferencesOf(header, 10)).toEqual({ ...none, ...preferences });
  });
});

describe('a fingerprint', () => {
  it('is of the content, not of the text', () => {
    expect(fingerprintOf({}, JSON.parse('{"a":1,"b":{"d":2.0,"c":[1]}}'))).toBe(
      fingerprintOf({}, JSON.parse('{"b":{"c":[1],"d":2},"a":1}')),
    );
    expect(fingerprintOf({}, { a: 'e\u0301' })).toBe(fingerprintOf({}, { a: '\u00e9' }));
  });

  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: null }, {}],
    [undefined, {}],
    [{ 'a":1,"b': 1 }, { a: 1, b: 1 }],
  ])('tells %j from %j', (one, other) => {
    expect(fingerprintOf({}, one)).not.toBe(fingerprintOf({}, other));
  });

  it('tells two paths of one route apart', () => {
    expect(fingerprintOf({ id: '1' }, {})).not.toBe(fingerprintOf({ id: '2' }, {}));
  });

  it('is canonical JSON inside', () => {
    expect(canonical({ b: [true, null, 'x'], a: 1.5, c: undefined })).toBe('{"a":1.5,"b":[true,null,"x"]}');
  });
});

describe('request id and trace', () => {
  const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('are kept where they are well-formed', () => {
    const requestState = new RequestState('req-1', TRACE);
    expect([requestState.requestId, requestState.traceparent, requestState.traceId]).toEqual([
      'req-1',
      TRACE,
      TRACE.slice(3, 35),
    ]);
  });

  it.each(['', 'a b', 'x'.repeat(129), '\u001b[31m', '{"a":1}'])('are replaced where they are not: %j', (bad) => {
    const requestState = new RequestState(bad, `${TRACE}-${bad}`);
    expect(requestState.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(requestState.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('make a URN of the request id only where it is a UUID', () => {
    const id = '0198c0de-0000-7000-8000-000000000001';
    expect(new RequestState(id, undefined).instanceId).toBe(id);
    expect(new RequestState('req-1', undefined).instanceId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('headers that may come once', () => {
  it.each([
    [['Authorization', 'a', 'authorization', 'b'], 'unauthenticated'],
    [['Idempotency-Key', 'a', 'idempotency-key', 'a'], 'idempotency-key-invalid'],
    [['Host', 'a', 'Host', 'b'], 'malformed-request'],
    [['If-Match', '"1"', 'if-match', '"2"'], 'malformed-request'],
    [Array(202).fill('x'), 'headers-too-large'],
    [['Accept', 'a', 'Accept', 'b', 'Prefer', 'a', 'Prefer', 'b'], undefined],
  ])('%j', (raw, code) => {
    expect(codeOf(() => assertSingleHeaders(raw as string[]))).toBe(code);
  });
});
