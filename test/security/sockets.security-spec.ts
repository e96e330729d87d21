import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { until } from '../../src/kernel/testing/until.js';
import { Target } from './target.js';
import { isLong } from './values.js';

/** At least a second of them where the process answers at once. */
const PROBES = 500;
/** Longer than this without an answer, and a load balancer begins to doubt. */
const LONGEST_SILENCE_MS = isLong ? 1_500 : 2_500;
/** What attacks may add to the memory of the process. */
const MEMORY_MIB = 400;

let target: Target;
let token: string;
let before: number;
beforeAll(async () => {
  target = await Target.start(import.meta.url, { RATE_LIMITS: '' });
  token = await target.token('ada', 'customer');
  before = target.memoryMiB;
}, 120_000);
afterAll(() => target.stop(), 60_000);

/** A bare connection; what comes back is read or, where a spec says so, left in the socket. */
class Wire {
  text = '';

  private constructor(readonly socket: Socket) {
    // A server that closes on whoever misbehaves is right.
    socket.on('error', () => undefined);
  }

  static open({ reads = true } = {}): Promise<Wire> {
    return new Promise((resolve) => {
      const socket = connect(target.port, '127.0.0.1', () => resolve(wire));
      const wire = new Wire(socket);
      if (reads) socket.on('data', (data) => (wire.text += data.toString('latin1')));
      else socket.pause();
    });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }
}

/** Asks for the health of the process again and again. @returns the longest time that an answer took, in ms */
async function longestSilence(): Promise<number> {
  let longest = 0;
  for (let count = 0; count < PROBES; count += 1) {
    const from = performance.now();
    expect(await probe()).toBe(200);
    longest = Math.max(longest, performance.now() - from);
  }
  return longest;
}

/** How a customer is served who does no harm. */
async function statusesOfBob(): Promise<number[]> {
  const bob = await target.token('bob', 'customer');
  const statuses: number[] = [];
  for (let count = 0; count < 20; count += 1)
    statuses.push((await target.ask('GET', '/v1/orders?limit=1', { token: bob })).status);
  return statuses.filter((status) => status !== 200);
}

/** On a connection of its own, as a kubelet does. */
function probe(): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: target.port, path: '/health/live', agent: false };
    request(options, (response) => {
      response.resume().once('end', () => resolve(response.statusCode!));
    })
      .once('error', reject)
      .end();
  });
}

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const authorized = (): string => `Authorization: Bearer ${token}\r\n`;

describe('the process answers its probes, and others, while', () => {
  let wires: readonly Wire[] = [];
  afterEach(() => wires.forEach(({ socket }) => socket.destroy()));
  const open = async (count: number, how?: { reads: boolean }): Promise<readonly Wire[]> =>
    (wires = await Promise.all(Array.from({ length: count }, () => Wire.open(how))));

  it.each(['/openapi.json', '/problems', '/nope', '/health/live', '/docs/swagger-ui-bundle.js', '/v1/orders'])(
    'eight connections send a thousand requests for %s each and read nothing',
    async (path) => {
      for (const wire of await open(8, { reads: false })) wire.send(get(path).repeat(1_000));
      expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
      expect(await statusesOfBob()).toEqual([]);
    },
    60_000,
  );

  it('sixty requests of a customer wait for bodies that never come', async () => {
    const head = `POST /v1/orders HTTP/1.1\r\nHost: x\r\n${authorized()}Content-Type: application/json\r\n`;
    for (const wire of await open(60)) wire.send(`${head}Content-Length: 100\r\n\r\n`);
    expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
    expect(await statusesOfBob()).toEqual([]);
  }, 60_000);

  it('one connection of a customer sends hundreds of requests at once', async () => {
    for (const wire of await open(1)) wire.send(get('/v1/orders?limit=1', authorized()).repeat(300));
    expect(await statusesOfBob()).toEqual([]);
    expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
  }, 60_000);

  it('five hundred connections say nothing', async () => {
    await open(500);
    expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
    expect(await statusesOfBob()).toEqual([]);
  }, 60_000);
});

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
    const wire = await Wire.open();
    wire.send(bytes);
    await until('there is an answer', () => wire.text.includes('\r\n\r\n'));
    wire.socket.destroy();
    expect(wire.text.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(wire.text).not.toMatch(/\bat .+\.js:\d+/);
  },
  30_000,
);

it('all of this leaves the process alive, of a bounded size, and without an error in its log', async () => {
  expect(await probe()).toBe(200);
  expect(target.memoryMiB).toBeLessThan(before + MEMORY_MIB);
  expect(target.output).not.toMatch(/ERROR/);
});
