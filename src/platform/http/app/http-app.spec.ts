import { HttpApp } from '../../testing/http-app.js';
import { BASKET, BASKET_ID as ID, BasketsController, OpenController } from '../../testing/http-baskets.js';

let http: HttpApp;
let customer: Record<string, string>;

const send: HttpApp['send'] = (...request) => http.send(...request);

beforeAll(async () => {
  http = await HttpApp.with([BasketsController, OpenController]);
  customer = await http.bearer('customer');
});

afterAll(() => http.app.close());

describe('a command', () => {
  it('that makes something answers 201 with Location, ETag and token', async () => {
    const { status, headers, body } = await send('POST', '/v1/baskets', { headers: customer, body: BASKET });
    expect(status).toBe(201);
    expect(headers).toMatchObject({
      location: '/v1/baskets/b%2F1',
      etag: '"1"',
      'consistency-token': 'token-of-5',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(body).toMatchObject({ owner: 'ada', tenant: 'default', actor: { type: 'customer', id: 'ada' } });
    expect(body['idempotency']).toBeUndefined();
  });

  it('has its key, operation and fingerprint in the message context, and says when it was replayed', async () => {
    const first = await send('POST', '/v1/baskets', {
      headers: { ...customer, 'idempotency-key': '"k,1"' },
      body: BASKET,
    });
    expect(first.body['idempotency']).toMatchObject({
      key: 'k,1',
      operation: 'POST /v1/baskets as customer',
      fingerprint: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    const again = await send('POST', '/v1/baskets', {
      headers: { ...customer, 'idempotency-key': 'again' },
      body: BASKET,
    });
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: '/v1/baskets/b%2F1', etag: '"1"' });
  });

  it('is the same request to its key when an id in its path is in capitals', async () => {
    const fingerprintOf = async (id: string): Promise<unknown> => {
      const headers = { ...customer, 'idempotency-key': 'k', 'if-match': '"4"' };
      return (await send('PATCH', `/v1/baskets/${id}`, { headers })).body['fingerprint'];
    };
    const fingerprint = await fingerprintOf(ID);
    expect(fingerprint).toMatch(/^[\w-]{43}$/);
    expect(await fingerprintOf(ID.toUpperCase())).toBe(fingerprint);
    expect(await fingerprintOf(ID.replace(/1$/, '2'))).not.toBe(fingerprint);
  });

  it('waits for the views where the caller prefers that', async () => {
    const { headers } = await send('POST', '/v1/baskets', {
      headers: { ...customer, prefer: 'wait=3, respond-async' },
      body: BASKET,
    });
    expect(headers['preference-applied']).toBe('wait=3');
    expect(headers['consistency-status']).toBeUndefined();
  });

  it('says that it is pending where the views took longer than the caller would wait', async () => {
    const { status, headers } = await send('POST', '/v1/baskets', {
      headers: { ...customer, prefer: 'wait=0' },
      body: BASKET,
    });
    expect([status, headers['consistency-status'], headers['preference-applied']]).toEqual([201, 'pending', 'wait=0']);
  });

  it('edits the version that the caller names', async () => {
    const edit = (headers: Record<string, string>) =>
      send('PATCH', `/v1/baskets/${ID}`, { headers: { ...customer, ...headers } });
    expect(await edit({ 'if-match': '"4"' })).toMatchObject({ status: 200, headers: { etag: '"5"' } });
    expect(await edit({})).toMatchObject({ status: 428, body: { code: 'version-required' } });
    expect(await edit({ 'if-match': 'W/"4"' })).toMatchObject({ status: 200, headers: { etag: '"5"' } });
    expect(await edit({ 'if-match': 'W/"other"' })).toMatchObject({ status: 412, body: { code: 'version-mismatch' } });
    expect(await edit({ 'if-match': '4' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: 'header:If-Match' }] },
    });
  });

  it('may answer nothing', async () => {
    const { status, body } = await send('DELETE', `/v1/baskets/${ID}`, { headers: await http.bearer('support') });
    expect([status, body]).toEqual([204, {}]);
  });

  it.each<Record<string, string>>([{}, { 'content-length': '0' }, { 'transfer-encoding': 'chunked' }])(
    'may name a media type and have no body (%j)',
    async (framing) => {
      const headers = { ...(await http.bearer('support')), 'content-type': 'application/json', ...framing };
      expect((await send('DELETE', `/v1/baskets/${ID}`, { headers })).status).toBe(204);
      expect((await send('POST', `/v1/baskets/${ID}/note`, { headers })).body).toEqual({ note: 'none' });
    },
  );
});

describe('a read', () => {
  it('says that the view is being rebuilt, and how much it lacks', async () => {
    const { headers } = await send('GET', '/v1/baskets?status=rebuilding', { headers: customer });
    expect(headers['consistency-status']).toBe('rebuilding; behind=9');
  });

  it('has an ETag and answers 304 to who has it already', async () => {
    const first = await send('GET', `/v1/baskets/${ID.toUpperCase()}`, { headers: customer });
    expect(first).toMatchObject({
      status: 200,
      headers: {
        etag: '"4"',
        'consistency-token': 'seen',
        'consistency-status': 'stale; behind=3; waiting=2; dead-lettered=1',
      },
      body: { id: ID },
    });
    const second = await send('GET', `/v1/baskets/${ID}`, { headers: { ...customer, 'if-none-match': '"4"' } });
    expect([second.status, second.text, second.headers['etag']]).toEqual([304, '', '"4"']);
  });

  it('takes its token from the header, or from the query where headers can’t be set', async () => {
    const byHeader = await send('GET', `/v1/baskets/${ID}`, {
      headers: { ...customer, 'consistency-token': 'head', prefer: 'wait=1, handling=strict' },
    });
    expect(byHeader.body['consistency']).toEqual({ token: 'head', waitMs: 1_000, strict: true });
    expect(byHeader.headers['preference-applied']).toBe('wait=1, handling=strict');
    const byQuery = await send('GET', `/v1/baskets/${ID}?consistency=t`, { headers: customer });
    expect(byQuery.body['consistency']).toEqual({ token: 't', waitMs: 2_000, strict: false });
    expect(await send('GET', `/v1/baskets/${ID}?consistency=t&consistency=u`, { headers: customer })).toMatchObject({
      status: 400,
      body: { code: 'consistency-token-invalid' },
    });
  });

  it('of a list is paged by bound cursors', async () => {
    const first = await send('GET', '/v1/baskets?limit=2&status=open', { headers: customer });
    expect(first.body).toMatchObject({ data: [1, 2], page: { limit: 2 }, asOf: 'seen' });
    const link = /^<(.+)>; rel="next"$/.exec(String(first.headers['link']))![1]!;
    const second = await send('GET', link, { headers: customer });
    expect(second.body).toMatchObject({ data: [3, 4] });
    const { next } = second.body['page'] as { next: string };
    expect(await send('GET', `/v1/baskets?limit=2&status=open&cursor=${next}`, { headers: customer })).toMatchObject({
      body: { data: [5], page: { next: null } },
    });
    for (const url of [
      `/v1/baskets?status=shut&cursor=${next}`,
      `/v1/baskets?status=open&cursor=x${next}`,
      `/v1/baskets?cursor=${'x'.repeat(7_000)}`,
    ]) {
      expect(await send('GET', url, { headers: customer })).toMatchObject({
        status: 400,
        body: { code: 'cursor-invalid' },
      });
    }
  });

  it('by an id that can’t be one finds nothing', async () => {
    for (const id of ['1', '00000000-0000-0000-0000-000000000000', `{${ID}}`, '%00', '..%2f..', "'"]) {
      expect(await send('GET', `/v1/baskets/${id}`, { headers: customer })).toMatchObject({
        status: 404,
        body: { code: 'not-found' },
      });
    }
  });
});
