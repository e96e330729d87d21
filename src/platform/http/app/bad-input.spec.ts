import { gzipSync } from 'node:zlib';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, Max, Min } from 'class-validator';
import { expectProblemResponse, HttpApp, type HttpResponse } from '../../testing/http-app.js';
import { PathId } from '../request/path-segments.js';
import { ListQuery } from '../lists/list-query.dto.js';
import { Changes, Roles } from '../routes/route.decorators.js';
import { IsText } from '../validation/rules.js';
import { Nested } from '../validation/input-class.js';

class LineBody {
  @IsText({ max: 64 }) sku!: string;
  @IsInt() @Min(1) @Max(100_000) quantity!: number;
}

class OrderBody {
  @IsArray() @ArrayMaxSize(100) @Nested(() => LineBody) lines!: LineBody[];
  @IsOptional() @IsText({ max: 100 }) note?: string;
}

const taken: unknown[] = [];

@Controller('v1/orders')
@Roles('customer')
class OrdersController {
  @Post()
  @Changes()
  place(@Body() body: OrderBody): object {
    taken.push(body);
    return { version: 1 };
  }

  @Get()
  find(@Query() query: ListQuery): object {
    return query;
  }

  @Post(':id/hold')
  @Changes()
  hold(@PathId('id') id: string): object {
    taken.push(id);
    return { id };
  }
}

const ID = '0198c0de-0000-7000-8000-000000000001';
const ORDER = { lines: [{ sku: 'A-1', quantity: 1 }] };
const TEXT = JSON.stringify(ORDER);
const badLines = (count: number): object[] => Array.from({ length: count }, () => ({ sku: '', quantity: 0, x: 1 }));
const SCRIPT = '<script>alert(1)</script>';

let http: HttpApp;
let caller: Record<string, string>;

beforeAll(async () => {
  http = await HttpApp.with([OrdersController], { API_REQUIRE_IDEMPOTENCY: 'true' });
  caller = { ...(await http.bearer('customer')), 'idempotency-key': 'k' };
});

afterAll(() => http.app.close());

beforeEach(() => taken.splice(0));

function expectProblem(answer: HttpResponse, status: number, code: string): void {
  expectProblemResponse(answer, status, code);
  expect(taken).toEqual([]);
}

const post = (body: unknown, headers: Record<string, string> = {}): Promise<HttpResponse> =>
  http.send('POST', '/v1/orders', { headers: { ...caller, ...headers }, body });

const get = (path: string, headers: Record<string, string> = {}): Promise<HttpResponse> =>
  http.send('GET', path, { headers: { ...caller, ...headers } });

it('a good order is taken, so that what follows is refused for its reason alone', async () => {
  expect((await post(ORDER)).status).toBe(200);
  expect((await post(ORDER, { 'content-type': 'APPLICATION/JSON ; charset="UTF-8"' })).status).toBe(200);
  expect(taken).toEqual([ORDER, ORDER]);
});

describe('a body', () => {
  it.each<[string, unknown, number, string]>([
    ['1 a prototype', '{"__proto__":{"isAdmin":true}}', 400, 'validation-failed'],
    ['2 a constructor', '{"constructor":{"prototype":{}}}', 400, 'validation-failed'],
    ['3 an escaped prototype', '{"\\u005f\\u005fproto__":{}}', 400, 'validation-failed'],
    ['4 an unknown field', { ...ORDER, isAdmin: true }, 400, 'validation-failed'],
    ['4 a hostile unknown field', { ...ORDER, [SCRIPT.slice(0, 20)]: 1 }, 400, 'validation-failed'],
    ['5 an unknown field inside', { lines: [{ ...ORDER.lines[0], unitPrice: 0 }] }, 400, 'validation-failed'],
    ['6 fields that are ours', { ...ORDER, id: ID, status: 'placed', version: 9 }, 400, 'validation-failed'],
    ['8 a list as an object', { lines: { length: 1, 0: ORDER.lines[0] } }, 400, 'validation-failed'],
    ['9 a list in a list', { lines: [ORDER.lines] }, 400, 'validation-failed'],
    ['10 null in a list', { lines: [null] }, 400, 'validation-failed'],
    ['10 a list', '[]', 400, 'validation-failed'],
    ['10 null', 'null', 400, 'validation-failed'],
    ['10 text', '"x"', 400, 'validation-failed'],
    ['10 a number', '5', 400, 'validation-failed'],
    ['11 an empty body', '', 400, 'malformed-json'],
    ['17 a cut-off body', TEXT.slice(0, -2), 400, 'malformed-json'],
    ['17 a trailing comma', `${TEXT.slice(0, -1)},}`, 400, 'malformed-json'],
    ['17 NaN', '{"lines":NaN}', 400, 'malformed-json'],
    ['17 a byte order mark', `\ufeff${TEXT}`, 400, 'malformed-json'],
    ['17 a comment', `${TEXT}//`, 400, 'malformed-json'],
    ['18 a key twice', '{"lines":[],"lines":[]}', 400, 'malformed-json'],
    ['19 an infinite number', '{"lines":[{"sku":"A","quantity":1e400}]}', 400, 'validation-failed'],
    ['20 a rounded number', '{"lines":[{"sku":"A","quantity":9007199254740993}]}', 400, 'validation-failed'],
    ['21 a number beyond int4', { lines: [{ sku: 'A', quantity: 2_147_483_648 }] }, 400, 'validation-failed'],
    ['22 a fraction', { lines: [{ sku: 'A', quantity: 1.5 }] }, 400, 'validation-failed'],
    ['22 a negative zero', '{"lines":[{"sku":"A","quantity":-0}]}', 400, 'validation-failed'],
    ['22 a tiny number', '{"lines":[{"sku":"A","quantity":1e-7}]}', 400, 'validation-failed'],
    ['23 text for a number', { lines: [{ sku: 'A', quantity: '5' }] }, 400, 'validation-failed'],
    ['23 a list for a number', { lines: [{ sku: 'A', quantity: [5] }] }, 400, 'validation-failed'],
    ['26 a NUL', '{"lines":[],"note":"\\u0000"}', 400, 'validation-failed'],
    ['28 half a surrogate pair', '{"lines":[],"note":"\\ud800"}', 400, 'validation-failed'],
    ['30 marks without end', { lines: [], note: `e${'\u0301'.repeat(10_000)}` }, 400, 'validation-failed'],
    ['30 a right-to-left override', { lines: [], note: 'a\u202eb' }, 400, 'validation-failed'],
    ['33 a deep field', `{"note":${'['.repeat(1_000)}${']'.repeat(1_000)}}`, 400, 'validation-failed'],
    ['34 a very deep field', `{"note":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`, 400, 'validation-failed'],
    ['36 many bad lines', { lines: badLines(600) }, 400, 'validation-failed'],
    ['37 a thousand empty lines', `{"lines":[${'{},'.repeat(20_000)}{}]}`, 400, 'validation-failed'],
    ['37 340,000 empty lines', `{"lines":[${'{},'.repeat(340_000)}{}]}`, 413, 'payload-too-large'],
    ['38 two MiB', ' '.repeat(2 * 1_024 * 1_024), 413, 'payload-too-large'],
    [
      '39 ten thousand keys',
      `{${Array.from({ length: 6_000 }, (_, n) => `"${n}":1`).join()}}`,
      400,
      'validation-failed',
    ],
  ])('is refused: %s', async (_name, body, status, code) => {
    const start = performance.now();
    expectProblem(await post(body), status, code);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it.each<[string, Record<string, string>]>([
    ['12 text', { 'content-type': 'text/plain' }],
    ['13 a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['13 a multipart form', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['14 UTF-16 by its label', { 'content-type': 'application/json; charset=utf-16' }],
    ['14 an unknown parameter', { 'content-type': 'application/json; version=2' }],
    ['14 a label of another kind', { 'content-type': 'application/json-patch+json' }],
    ['14 no kind at all', { 'content-type': '' }],
    ['15 gzip by its label', { 'content-encoding': 'gzip' }],
  ])('is of no known kind: %s', async (_name, headers) => {
    expectProblem(await post(ORDER, headers), 415, 'unsupported-media-type');
  });

  it('isn’t inflated (16)', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
    expectProblem(await post(bomb, { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type');
    expectProblem(await post(gzipSync(TEXT)), 400, 'malformed-json');
  });

  it('is missing (11), or one too many', async () => {
    expectProblem(await http.send('POST', '/v1/orders', { headers: caller }), 400, 'malformed-json');
    expectProblem(
      await http.send('POST', `/v1/orders/${ID}/hold`, { headers: caller, body: { a: 1 } }),
      400,
      'validation-failed',
    );
  });

  it('lists at most 20 errors (36)', async () => {
    const { body } = await post({ lines: badLines(100) });
    expect(body['errors']).toHaveLength(20);
  });
});

describe('a URL', () => {
  it.each<[string, string, number, string]>([
    ['45 a broken escape in the path', '/v1/orders/%E0%A4%A', 400, 'malformed-request'],
    ['45 a broken escape in the query', '/v1/orders?limit=%E0%A4%A', 400, 'malformed-request'],
    ['46 a long URL', `/v1/orders?cursor=${'x'.repeat(9_000)}`, 414, 'uri-too-long'],
    ['50 another case', '/V1/orders', 404, 'not-found'],
    ['50 a slash behind', '/v1/orders/', 404, 'not-found'],
    ['50 two slashes', '/v1//orders', 404, 'not-found'],
    ['50 two slashes before', '//v1/orders', 404, 'not-found'],
    ['50 a dot', '/v1/./orders', 404, 'not-found'],
    ['50 a semicolon', '/v1/orders;x', 404, 'not-found'],
    ['54 limit=1e9', '/v1/orders?limit=1e9', 400, 'validation-failed'],
    ['54 limit=-1', '/v1/orders?limit=-1', 400, 'validation-failed'],
    ['54 limit=0', '/v1/orders?limit=0', 400, 'validation-failed'],
    ['54 limit=', '/v1/orders?limit=', 400, 'validation-failed'],
    ['54 limit=true', '/v1/orders?limit=true', 400, 'validation-failed'],
    ['54 limit twice', '/v1/orders?limit=1&limit=1', 400, 'validation-failed'],
    ['55 limit=0x10', '/v1/orders?limit=0x10', 400, 'validation-failed'],
    ['56 brackets', '/v1/orders?limit[]=1', 400, 'validation-failed'],
    ['56 a prototype', '/v1/orders?__proto__[x]=1', 400, 'validation-failed'],
    ['56 an operator', '/v1/orders?a[$gt]=', 400, 'validation-failed'],
    [
      '58 a made-up parameter',
      `/v1/orders?x=${SCRIPT.replaceAll(/[<>]/g, encodeURIComponent)}`,
      400,
      'validation-failed',
    ],
    ['100 a script for a path', `/${encodeURIComponent(SCRIPT)}`, 404, 'not-found'],
    ['an absolute path elsewhere', 'ftp://x/v1/orders', 404, 'not-found'],
  ])('is refused: %s', async (_name, path, status, code) => {
    expectProblem(await get(path), status, code);
  });

  it.each(['not-an-id', '%00', '%2e%2e%2f', '00000000-0000-0000-0000-000000000000', `%7B${ID}%7D`, '1', "1'--"])(
    'names nothing: %s (47, 48)',
    async (id) => {
      expectProblem(await http.send('POST', `/v1/orders/${id}/hold`, { headers: caller }), 404, 'not-found');
    },
  );

  it('is too long for an id (46)', async () => {
    expectProblem(
      await http.send('POST', `/v1/orders/${'x'.repeat(401)}/hold`, { headers: caller }),
      414,
      'uri-too-long',
    );
  });

  it('takes an id in capital letters for the same id (48)', async () => {
    const { body } = await http.send('POST', `/v1/orders/${ID.toUpperCase()}/hold`, { headers: caller });
    expect(body).toEqual({ id: ID });
  });

  it('takes an escaped letter for the letter, with the same access (50)', async () => {
    expect((await get('/v1/%6frders')).status).toBe(200);
    expect((await http.send('GET', '/v1/%6frders')).status).toBe(401);
  });
});

describe('a method', () => {
  it.each([
    ['PUT', '/v1/orders', 'GET, HEAD, POST'],
    ['DELETE', '/v1/orders', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/orders', 'GET, HEAD, POST'],
    ['TRACE', '/v1/orders', 'GET, HEAD, POST'],
    ['PROPFIND', '/v1/orders', 'GET, HEAD, POST'],
    ['GET', `/v1/orders/${ID}/hold`, 'POST'],
  ])('is not allowed: %s %s', async (method, path, allow) => {
    const answer = await http.send(method, path, { headers: caller });
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers['allow']).toBe(allow);
  });

  it('of a path that isn’t there finds nothing', async () => {
    expectProblem(await http.send('PUT', '/v1/nothing', { headers: caller, body: '{' }), 404, 'not-found');
  });

  it('can’t be overridden by a header', async () => {
    const answer = await http.send('GET', '/v1/orders', { headers: { ...caller, 'x-http-method-override': 'POST' } });
    expect(answer.body).toEqual({ limit: 20 });
  });

  it('HEAD has the headers of GET and no effect', async () => {
    const answer = await http.send('HEAD', '/v1/orders', { headers: caller });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await http.send('HEAD', `/v1/orders/${ID}/hold`, { headers: caller })).status).toBe(405);
    expect(taken).toEqual([]);
  });
});
