import { until } from '../../src/kernel/testing/until.js';
import { SHIP_TO, Shop } from './shop.js';
import { Target } from './target.js';
import { Wire } from './wire.js';

let target: Target;
beforeAll(async () => {
  target = await Target.start(import.meta.url);
  await Shop.open(target);
}, 120_000);
afterAll(() => target.stop(), 60_000);

const postOrder = async (): Promise<string> => {
  const body = JSON.stringify({ lines: [{ sku: 'TEE', quantity: 1 }], shipTo: SHIP_TO });
  const token = await target.token('ada', 'customer');
  const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  return `POST /v1/orders HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
};
const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

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

describe('behind a good request, what can’t be understood', () => {
  it.each([
    ['an unknown expectation', 'GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n', 417],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 405],
    ['no HTTP', 'zzz\r\n\r\n', 400],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 505],
    ['a NUL', '\0garbage', 400],
    [
      'a bad chunk',
      'POST /v1/dev/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n',
      404,
    ],
    ['a fragment', 'GET /v1/orders#x HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ])(
    'is refused after the answer to that request: %s',
    async (_, bytes, status) => {
      const wire = await Wire.open(target.port);
      wire.send((await postOrder()) + bytes);
      await until('the connection is closed', () => wire.socket.closed);
      expect(statusesIn(wire.text)).toEqual([201, status]);
    },
    30_000,
  );
});

describe('a connection that its client resets', () => {
  const health = async (): Promise<number> => (await target.ask('GET', '/health/live')).status;

  it.each([
    ['a tunnel was asked for', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    ['requests were sent', 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10)],
    ['unknown paths were asked for', 'GET /nope HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10)],
    ['nonsense was sent', 'zzz\r\n\r\n'],
    ['expectations were sent', 'GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n'.repeat(10)],
    ['an upgrade was asked for', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ])(
    'ends no process and is no error in the log: after %s',
    async (_, bytes) => {
      for (let count = 0; count < 20; count += 1) {
        const wire = await Wire.open(target.port);
        wire.send(bytes).socket.resetAndDestroy();
      }
      for (let count = 0; count < 20; count += 1) expect(await health()).toBe(200);
      expect(target.output).not.toMatch(/ERROR/);
    },
    30_000,
  );
});
