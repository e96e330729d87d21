import { expectProblemResponse, HttpApp } from '../../testing/http-app.js';
import { BASKET, BasketsController } from '../../testing/http-baskets.js';

let http: HttpApp;
let caller: Record<string, string>;

beforeAll(async () => {
  http = await HttpApp.with([BasketsController], { API_REQUIRE_IDEMPOTENCY: 'true' });
  caller = { ...(await http.bearer('customer')), 'idempotency-key': 'k' };
});

afterAll(() => http.app.close());

describe('a header', () => {
  it.each<[string, Record<string, string | string[]>, number, string]>([
    ['74 an empty token', { authorization: '' }, 401, 'unauthenticated'],
    ['74 a scheme alone', { authorization: 'Bearer' }, 401, 'unauthenticated'],
    ['74 another scheme', { authorization: 'Basic YTpi' }, 401, 'unauthenticated'],
    ['74 two tokens', { authorization: ['Bearer a', 'Bearer b'] }, 401, 'unauthenticated'],
    ['83 an empty key', { 'idempotency-key': '' }, 400, 'idempotency-key-invalid'],
    ['83 a long key', { 'idempotency-key': 'k'.repeat(256) }, 400, 'idempotency-key-invalid'],
    ['83 a key of other letters', { 'idempotency-key': 'caf\u00e9' }, 400, 'idempotency-key-invalid'],
    ['83 two keys', { 'idempotency-key': ['a', 'b'] }, 400, 'idempotency-key-invalid'],
    ['59 an endless consistency token', { 'consistency-token': 'x'.repeat(2_000) }, 400, 'consistency-token-invalid'],
    [
      '42 too many headers',
      Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`x-${n}`, 'y'])),
      431,
      'headers-too-large',
    ],
    ['80 a token of 100 KiB', { authorization: `Bearer ${'x'.repeat(102_400)}` }, 431, 'headers-too-large'],
  ])('is refused: %s', async (_name, headers, status, code) => {
    expectProblemResponse(
      await http.send('POST', '/v1/baskets', { headers: { ...caller, ...headers }, body: BASKET }),
      status,
      code,
    );
  });

  it('is missing: a key where one is required (83)', async () => {
    const { authorization } = caller;
    expectProblemResponse(
      await http.send('POST', '/v1/baskets', { headers: { authorization: authorization! }, body: BASKET }),
      400,
      'idempotency-key-missing',
    );
  });

  it('is replaced where it is no trace and no request id (103, 98)', async () => {
    const { status, headers } = await http.send('GET', '/v1/baskets', {
      headers: { ...caller, traceparent: 'x'.repeat(8_000), 'x-request-id': '{"a":<script>}' },
    });
    expect([status, headers['x-request-id']]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });
});
