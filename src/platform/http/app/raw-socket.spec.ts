import { Body, Controller, Get, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { HttpApp } from '../../testing/http-app.js';
import { ListQuery } from '../lists/list-query.dto.js';
import { Page } from '../lists/page.js';
import { MoneyBody } from '#app';
import { Public } from '../routes/route.decorators.js';

const taken: unknown[] = [];
const hosts: (string | undefined)[] = [];

@Controller('v1/open')
@Public()
class OpenController {
  @Get()
  hello(): object {
    return { hello: 'you' };
  }

  @Get('list')
  list(@Query() query: ListQuery, @Req() request: FastifyRequest): Page<number> {
    hosts.push(request.headers.host);
    return new Page([1], query.limit, 'two');
  }

  @Post()
  take(@Body() body: MoneyBody): object {
    taken.push(body);
    return {};
  }
}

const MONEY = '{"amount":1,"currency":"EUR"}';
const CHUNKED_MONEY = `${MONEY.length.toString(16)}\r\n${MONEY}\r\n0\r\n\r\n`;
const POST = `POST /v1/open HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n`;
const GET = 'GET /v1/open HTTP/1.1\r\nConnection: close\r\n';

let http: HttpApp;

beforeAll(async () => {
  http = await HttpApp.with([OpenController], {
    HTTP_REQUEST_TIMEOUT_MS: '1000',
    HTTP_HEADERS_TIMEOUT_MS: '1000',
    HTTP_CONNECTIONS_CHECK_MS: '100',
  });
});

afterAll(() => http.app.close());
beforeEach(() => taken.splice(0));

function expectProblem(answer: string, status: number, code: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toMatch(/^content-type: application\/problem\+json\r?$/im);
  expect(head).toMatch(/^x-content-type-options: nosniff\r?$/im);
  expect(head).toMatch(/^cache-control: no-store\r?$/im);
  expect(JSON.parse(body)).toMatchObject({
    status,
    code,
    instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as string,
  });
  expect(answer).not.toMatch(/HPE_|FST_|ERR_|node_modules/);
  expect(taken).toEqual([]);
}

it('a whole request is taken, so that what follows is refused for its reason alone', async () => {
  const answer = await http.raw(`${POST}Content-Length: ${MONEY.length}\r\n\r\n`, MONEY);
  expect(answer).toMatch(/^HTTP\/1.1 201 /);
  expect(taken).toHaveLength(1);
});

describe('a connection that sends no proper request', () => {
  it.each<[string, string, number, string]>([
    [
      '43 length and chunks',
      `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'malformed-request',
    ],
    ['43 two lengths', `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400, 'malformed-request'],
    ['43 a length that is none', `${POST}Content-Length: -5\r\n\r\nhello`, 400, 'malformed-request'],
    ['43 a bare line feed', 'GET /v1/open HTTP/1.1\nHost: localhost\n\n', 400, 'malformed-request'],
    ['43 a blank before the colon', `${GET}Host : a\r\n\r\n`, 400, 'malformed-request'],
    ['43 a folded header', `${GET}Host: localhost\r\nX: a\r\n b\r\n\r\n`, 400, 'malformed-request'],
    ['43 a NUL in a header', `${GET}Host: localhost\r\nX: a\0b\r\n\r\n`, 400, 'malformed-request'],
    ['43 chunks that are none', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'malformed-request'],
    ['43 no Host', `${GET}\r\n`, 400, 'malformed-request'],
    ['43 two Hosts', `${GET}Host: localhost\r\nHost: b\r\n\r\n`, 400, 'malformed-request'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01', 400, 'malformed-request'],
    ['another protocol', 'HELO example.com\r\n\r\n', 405, 'method-not-allowed'],
    ['another version', 'GET /v1/open HTTP/9.9\r\nHost: localhost\r\n\r\n', 505, 'http-version-not-supported'],
    ['HTTP/2 in text', 'GET /v1/open HTTP/2.0\r\nHost: localhost\r\n\r\n', 505, 'http-version-not-supported'],
    ['HTTP/0.9 with a version', 'GET /v1/open HTTP/0.9\r\nHost: localhost\r\n\r\n', 505, 'http-version-not-supported'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'http-version-not-supported'],
    ['no version', 'GET /v1/open HTTP/x\r\nHost: localhost\r\n\r\n', 400, 'malformed-request'],
    ...['gzip, chunked', 'x-other, chunked'].map((coding): [string, string, number, string] => [
      `the transfer coding ${coding}`,
      `${POST}Transfer-Encoding: ${coding}\r\n\r\n${CHUNKED_MONEY}`,
      501,
      'transfer-coding-not-supported',
    ]),
    [
      'chunks over HTTP/1.0',
      `${POST.replace('HTTP/1.1', 'HTTP/1.0')}Transfer-Encoding: chunked\r\n\r\n${CHUNKED_MONEY}`,
      400,
      'malformed-request',
    ],
    [
      'an absolute target without a host',
      'GET http:///v1/open HTTP/1.1\r\nHost: localhost\r\n\r\n',
      400,
      'malformed-request',
    ],
    [
      '45 a broken escape',
      `GET /%E0%A4%A HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      400,
      'malformed-request',
    ],
    [
      '45 letters beyond ASCII',
      `GET /caf\u00e9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      400,
      'malformed-request',
    ],
    ['42 headers of 20 KiB', `${GET}Host: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
    ['42 1,500 headers', `${GET}Host: localhost\r\n${'a:b\r\n'.repeat(1_500)}\r\n`, 431, 'headers-too-large'],
    ['52 an unknown verb', 'BREW /v1/open HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'method-not-allowed'],
    ['52 a lower-case verb', 'get /v1/open HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'method-not-allowed'],
    ['52 TRACE', `TRACE /v1/open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 405, 'method-not-allowed'],
    ['52 CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'method-not-allowed'],
    ['52 OPTIONS *', `OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 404, 'not-found'],
    ['an expectation', `${POST}Expect: the-impossible\r\nContent-Length: 2\r\n\r\n`, 417, 'expectation-failed'],
    [
      'a body without a kind',
      `POST /v1/open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
      415,
      'unsupported-media-type',
    ],
    [
      '38 chunks of 80 KiB',
      `${POST}Transfer-Encoding: chunked\r\n\r\n14000\r\n${' '.repeat(0x14000)}\r\n0\r\n\r\n`,
      413,
      'payload-too-large',
    ],
  ])('is told so: %s', async (_name, bytes, status, code) => {
    expectProblem(await http.raw(bytes), status, code);
  });

  it('is cut off when its body doesn’t come (40)', async () => {
    expectProblem(await http.raw(`${POST}Content-Length: 100\r\n\r\n`, '{'), 408, 'request-timeout');
  });

  it('is cut off when its headers don’t end (41)', async () => {
    expectProblem(await http.raw('GET /v1/open HTTP/1.1\r\nHost: localhost\r\n', 'X: '), 408, 'request-timeout');
  });
});

describe('a connection', () => {
  it('may send some requests at once and gets an answer to each (44)', async () => {
    const answers = await http.raw(
      'GET /v1/open HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(9),
      `${GET}Host: localhost\r\n\r\n`,
    );
    expect(answers.split('HTTP/1.1 200 ')).toHaveLength(11);
  });

  it.each(['chunked', 'Chunked'])('may send its body in chunks: %s', async (coding) => {
    expect(await http.raw(`${POST}Transfer-Encoding: ${coding}\r\n\r\n${CHUNKED_MONEY}`)).toMatch(/^HTTP\/1.1 201 /);
    expect(taken).toHaveLength(1);
  });

  it.each([
    'http://localhost/v1/open/list',
    'HTTP://localhost:81/v1/open/list?limit=1',
    'http://user@localhost/v1/open/list',
  ])('may name its target with a host, which no link repeats (RFC 9112 3.2.2): %s', async (target) => {
    const answer = await http.raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/^link: <\/v1\/open\/list\?(limit=1&)?cursor=two>; rel="next"\r$/im);
    expect(answer).not.toContain('://localhost');
    expect(hosts.at(-1)).toMatch(/^localhost(:81)?$/);
  });

  it('may be of HTTP/1.0, which knows no Host', async () => {
    expect(await http.raw('GET /v1/open HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });

  it('may ask for an upgrade, which it doesn’t get', async () => {
    expect(
      await http.raw(`${GET.replace('close', 'upgrade, close')}Host: localhost\r\nUpgrade: websocket\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 200 /);
  });
});
