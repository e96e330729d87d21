import { HttpApp, type HttpResponse } from '../../testing/http-app.js';
import { BASKET, BASKET_ID as ID, BasketsController, OpenController } from '../../testing/http-baskets.js';
import type { Role } from '#app';

let http: HttpApp;
let customer: Record<string, string>;

const send: HttpApp['send'] = (...request) => http.send(...request);

beforeAll(async () => {
  http = await HttpApp.with([BasketsController, OpenController]);
  customer = await http.bearer('customer');
});

afterAll(() => http.app.close());

describe('access', () => {
  it('needs a token, unless the route is public', async () => {
    expect(await send('GET', '/v1/baskets')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 'unauthenticated' },
    });
    expect(await send('GET', '/open', { headers: { authorization: 'Bearer nonsense' } })).toMatchObject({
      status: 200,
      body: { tenant: 'anonymous' },
    });
  });

  it('needs one of the roles; admin has all', async () => {
    const remove = async (...roles: Role[]) =>
      (await send('DELETE', `/v1/baskets/${ID}`, { headers: await http.bearer(...roles) })).status;
    expect([
      await remove('customer'),
      await remove(),
      await remove('customer', 'support'),
      await remove('admin'),
    ]).toEqual([403, 403, 204, 204]);
  });

  it('is decided before a body is read', async () => {
    expect((await send('POST', '/v1/baskets', { body: '{' })).status).toBe(401);
    expect((await send('POST', '/v1/baskets', { headers: await http.bearer('support'), body: '{' })).status).toBe(403);
  });

  it('is handed out to anyone in dev mode', async () => {
    const { status, body } = await send('POST', '/v1/dev/tokens', { body: { subject: 'bob', roles: ['customer'] } });
    expect(status).toBe(201);
    expect(
      (await send('GET', '/v1/baskets', { headers: { authorization: `Bearer ${String(body['token'])}` } })).status,
    ).toBe(200);
    expect(await send('POST', '/v1/dev/tokens', { body: { subject: 'bob', roles: ['king'] } })).toMatchObject({
      status: 400,
    });
  });

  it('is handed out to nobody anywhere else', async () => {
    const environment = { AUTH_JWKS_URL: 'http://127.0.0.1:1/keys', AUTH_ISSUER: 'i', AUTH_AUDIENCE: 'a' };
    const elsewhere = await HttpApp.with([], environment);
    expect((await elsewhere.send('POST', '/v1/dev/tokens')).status).toBe(404);
    await elsewhere.app.close();
  });
});

describe('a fault', () => {
  const fault = async (name: string): Promise<HttpResponse> =>
    send('POST', '/v1/baskets', { headers: customer, body: { ...BASKET, fault: name } });

  it('of the domain has its code, sentence and facts', async () => {
    const { status, headers, body } = await fault('soldOut');
    expect(status).toBe(409);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toEqual({
      type: `http://127.0.0.1:${http.port}/problems/shop.sold-out`,
      title: 'Sold out',
      status: 409,
      detail: 'There is none left.',
      instance: `urn:uuid:${String(headers['x-request-id'])}`,
      code: 'shop.sold-out',
      retryable: false,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      left: 0,
    });
  });

  it.each([
    ['stored', 409, { code: 'shop.sold-out', status: 409, left: 0 }],
    ['gone', 404, { code: 'not-found' }],
    ['stale', 412, { code: 'version-mismatch', currentVersion: 7 }],
    ['leak', 500, { code: 'internal', retryable: true }],
    ['down', 503, { code: 'database-unavailable' }],
    ['badValue', 400, { code: 'validation-failed' }],
    ['lost', 503, { code: 'outcome-unknown' }],
    ['rebuilding', 503, { code: 'view-rebuilding', retryable: true }],
    ['unique', 409, { code: 'concurrency-conflict' }],
  ])('%s answers %i', async (name, status, body) => {
    const answer = await fault(name);
    expect(answer).toMatchObject({ status, body });
    expect(JSON.stringify(answer)).not.toMatch(
      /select|secret_table|db-1|ECONN|10\.0\.0|22P02|uuid\b(?!:)|ux_a|\.ts|Error/,
    );
  });

  it('that loses a read’s answer has changed nothing', async () => {
    const answer = await send('GET', `/v1/baskets/${ID}/fault/lost`, { headers: customer });
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2' },
      body: { code: 'database-unavailable' },
    });
  });

  it('of a view that is being rebuilt says when to ask again', async () => {
    expect((await fault('rebuilding')).headers['retry-after']).toBe('5');
  });

  it('leads to a page that explains it', async () => {
    expect(await send('GET', '/problems/shop.sold-out')).toMatchObject({ status: 200, body: { remedy: 'Come back.' } });
    expect(((await send('GET', '/problems')).body['data'] as unknown[]).length).toBeGreaterThan(30);
    expect((await send('GET', '/problems/none')).status).toBe(404);
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1 with roles, headers and problems', async () => {
    const { body } = await send('GET', '/openapi.json');
    expect(body['openapi']).toBe('3.1.0');
    const { post } = (body['paths'] as Record<string, Record<string, Record<string, unknown>>>)['/v1/baskets']!;
    expect(post).toMatchObject({ description: 'Roles: customer.', security: [{ bearer: [] }] });
    expect(JSON.stringify(post)).toContain('Idempotency-Key');
    expect(post!['responses']).toMatchObject({ 429: { headers: { 'Retry-After': {}, RateLimit: {} } } });
    for (const url of ['/docs', '/docs/swagger-ui-bundle.js', '/docs/start.js'])
      expect((await send('GET', url)).status).toBe(200);
  });
});
