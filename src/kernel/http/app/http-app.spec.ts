import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, Matches, Min, ValidateNested } from 'class-validator';
import { NotFound, Refusal, VersionMismatch } from '../../domain/index.js';
import { messageContext, type Principal } from '../../messages/message-context.js';
import { HttpApp, type HttpAnswer } from '../../testing/http-app.js';
import { CurrentPrincipal } from '../auth/current-principal.decorator.js';
import { IfVersion } from '../exchange/if-match.js';
import { PathId, PathText } from '../exchange/path-segments.js';
import { Cursors } from '../lists/cursors.js';
import { ListQuery } from '../lists/list-query.dto.js';
import type { Page } from '../lists/page.js';
import { defineProblems } from '../problems/problem-registry.js';
import { Changes, Creates, Public, Roles, Versioned, type Role } from '../routes/route.decorators.js';

defineProblems({
  'shop.sold-out': { status: 409, title: 'Sold out', meaning: 'There is none left.', remedy: 'Come back.' },
});

class SoldOut extends Refusal {
  override readonly code = 'shop.sold-out';
  constructor(readonly left: number) {
    super('There is none left.');
  }
}

class LineBody {
  @Matches(/^[A-Z]{1,8}$/) sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

class BasketBody {
  @IsArray() @ArrayMaxSize(100) @ValidateNested() @Type(() => LineBody) lines!: LineBody[];
  @IsOptional() @Matches(/^\w+$/) fault?: string;
}

class FindBaskets extends ListQuery {
  @IsOptional() @Matches(/^\w+$/) status?: string;
}

const FAULTS: Readonly<Record<string, () => Error>> = {
  soldOut: () => new SoldOut(0),
  stored: () =>
    Object.assign(new Error('Stored.'), { code: 'shop.sold-out', facts: () => ({ left: 0, status: 200, type: 'x' }) }),
  gone: () => new NotFound('There is no such basket.'),
  stale: () => new VersionMismatch(7),
  leak: () => new Error('select * from secret_table at host db-1'),
  down: () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }),
  badValue: () => Object.assign(new Error('invalid input syntax for type uuid'), { code: '22P02', severity: 'ERROR' }),
  lost: () => new Error('Connection terminated unexpectedly'),
  unique: () => Object.assign(new Error('duplicate key value violates ux_a'), { code: '23505', severity: 'ERROR' }),
};

@Controller('v1/baskets')
@Roles('customer')
class BasketsController {
  constructor(private readonly cursors: Cursors) {}

  @Post()
  @Creates('/v1/baskets/:id')
  make(@Body() body: BasketBody, @CurrentPrincipal() principal: Principal): object {
    if (body.fault !== undefined) throw FAULTS[body.fault]!();
    const { idempotency, actor, tenant, outcome } = messageContext.current();
    outcome.lastEventId = 5;
    outcome.replayed = idempotency?.key === 'again';
    return { id: 'b/1', version: 1, lines: body.lines.length, owner: principal.id, actor, tenant, idempotency };
  }

  @Get()
  async find(@Query() query: FindBaskets): Promise<Page<number>> {
    messageContext.current().outcome.readToken = 'seen';
    const binding = { list: 'baskets', filter: query.status, sort: 'id', principal: 'ada' };
    const after = query.cursor === undefined ? 0 : Number((await this.cursors.open(query.cursor, binding))[0]);
    const rows = [1, 2, 3, 4, 5].filter((row) => row > after).slice(0, query.limit + 1);
    return this.cursors.page(rows, { limit: query.limit, binding, keysOf: (row) => [row], item: (row) => row });
  }

  @Get(':id')
  @Versioned()
  one(@PathId('id') id: string): object {
    Object.assign(messageContext.current().outcome, { readToken: 'seen', behind: 3 });
    return { id, version: 4, consistency: messageContext.current().consistency };
  }

  @Get(':id/fault/:name')
  fault(@PathId('id') _id: string, @PathText('name', /^\w{1,20}$/) name: string): never {
    throw FAULTS[name]!();
  }

  @Patch(':id')
  @Changes()
  edit(@PathId('id') id: string, @IfVersion({ required: true }) version: number): object {
    return { id, version: version + 1 };
  }

  @Delete(':id')
  @HttpCode(204)
  @Roles('support')
  remove(@PathId('id') _id: string): void {}
}

@Controller('open')
@Public()
class OpenController {
  @Get()
  hello(): object {
    return { tenant: messageContext.current().principal.id };
  }
}

const ID = '0198c0de-0000-7000-8000-000000000001';
const BASKET = { lines: [{ sku: 'A', quantity: 1 }] };

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
      operation: 'POST /v1/baskets',
      fingerprint: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    const again = await send('POST', '/v1/baskets', {
      headers: { ...customer, 'idempotency-key': 'again' },
      body: BASKET,
    });
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: '/v1/baskets/b%2F1', etag: '"1"' });
  });

  it('waits for the views where the caller prefers that', async () => {
    const { headers } = await send('POST', '/v1/baskets', {
      headers: { ...customer, prefer: 'wait=3, respond-async' },
      body: BASKET,
    });
    expect(headers['preference-applied']).toBe('wait=3');
    expect(headers['consistency-status']).toBeUndefined();
  });

  it('edits the version that the caller names', async () => {
    const edit = (headers: Record<string, string>) =>
      send('PATCH', `/v1/baskets/${ID}`, { headers: { ...customer, ...headers } });
    expect(await edit({ 'if-match': '"4"' })).toMatchObject({ status: 200, headers: { etag: '"5"' } });
    expect(await edit({})).toMatchObject({ status: 428, body: { code: 'version-required' } });
    expect(await edit({ 'if-match': 'W/"4"' })).toMatchObject({ status: 412, body: { code: 'version-mismatch' } });
    expect(await edit({ 'if-match': '4' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: 'header:If-Match' }] },
    });
  });

  it('may answer nothing', async () => {
    const { status, body } = await send('DELETE', `/v1/baskets/${ID}`, { headers: await http.bearer('support') });
    expect([status, body]).toEqual([204, {}]);
  });
});

describe('a read', () => {
  it('has an ETag and answers 304 to who has it already', async () => {
    const first = await send('GET', `/v1/baskets/${ID.toUpperCase()}`, { headers: customer });
    expect(first).toMatchObject({
      status: 200,
      headers: { etag: '"4"', 'consistency-token': 'seen', 'consistency-status': 'stale; behind=3' },
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
});

describe('a fault', () => {
  const fault = async (name: string): Promise<HttpAnswer> =>
    send('POST', '/v1/baskets', { headers: customer, body: { ...BASKET, fault: name } });

  it('of the domain has its code, sentence and facts', async () => {
    const { status, headers, body } = await fault('soldOut');
    expect(status).toBe(409);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toEqual({
      type: 'http://127.0.0.1:0/problems/shop.sold-out',
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
    for (const url of ['/docs', '/docs/swagger-ui-bundle.js', '/docs/start.js'])
      expect((await send('GET', url)).status).toBe(200);
  });
});
