import { until } from '../../src/kernel/testing/until.js';
import { Target } from './target.js';
import { Wire } from './wire.js';

let target: Target;
beforeAll(async () => void (target = await Target.start(import.meta.url)), 120_000);
afterAll(() => target.stop(), 60_000);

it.each([
  [
    'both lengths',
    `POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['two lengths', `POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400],
  [
    'a chunk of no size',
    `POST /v1/dev/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`,
    400,
  ],
  [
    'a coding besides chunked',
    `POST /v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    501,
  ],
  ['no host', 'GET /v1/orders HTTP/1.1\r\n\r\n', 400],
  ['two hosts', 'GET /v1/orders HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['version 2.0', 'GET /v1/orders HTTP/2.0\r\nHost: x\r\n\r\n', 505],
  ['a header line that is folded', 'GET /v1/orders HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400],
  ['a bare line feed in a header', 'GET /v1/orders HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n', 400],
  ['headers of a megabyte', `GET /v1/orders HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(1_000_000)}\r\n\r\n`, 431],
  ['a thousand headers', `GET /v1/orders HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5_000)}\r\n`, 431],
  ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', 405],
])(
  'a request with %s is refused on the wire',
  async (_, bytes, status) => {
    const wire = await Wire.open(target.port);
    wire.send(bytes);
    await until('there is an answer', () => wire.text.includes('\r\n\r\n'));
    wire.socket.destroy();
    expect(wire.text.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(wire.text).not.toMatch(/\bat .+\.js:\d+/);
  },
  30_000,
);
