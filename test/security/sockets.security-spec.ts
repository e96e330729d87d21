import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { Target } from './target.js';
import { Wire } from './wire.js';
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
  // Somebody new each time, whom no limit of an earlier test applies to.
  const bob = await target.token(`bob-${randomUUID()}`, 'customer');
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
    (wires = await Promise.all(Array.from({ length: count }, () => Wire.open(target.port, how))));

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

  it('a hundred connections ask for paths of nothing but slashes', async () => {
    for (const wire of await open(100)) wire.send(get('/'.repeat(8_000)).repeat(8));
    expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
    expect(await statusesOfBob()).toEqual([]);
  }, 60_000);

  it.each([
    ['a customer', () => authorized()],
    ['nobody', () => ''],
  ])(
    'twenty requests of %s send bodies one byte at a time',
    async (_, who) => {
      const head = `POST /v1/orders HTTP/1.1\r\nHost: x\r\n${who()}Content-Type: application/json\r\n`;
      const body = `Transfer-Encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(60_000)}`;
      const from = target.memoryMiB;
      for (const wire of await open(20)) wire.send(head + body);
      expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
      expect(target.memoryMiB - from).toBeLessThan(150);
      expect(await statusesOfBob()).toEqual([]);
    },
    60_000,
  );

  it('forty requests of a customer have a thousand marks on each letter', async () => {
    const text = `a${'\u0300'.repeat(4_095)}${'\u0316'.repeat(4_091)}`;
    const body = JSON.stringify({ a: text, b: text, c: text, d: text });
    const mark = await target.token('mark', 'customer');
    const sent = Array.from({ length: 40 }, (_, count) =>
      target.ask('POST', '/v1/orders', { token: mark, headers: { 'idempotency-key': `marks-${count}` }, body }),
    );
    expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
    expect(await statusesOfBob()).toEqual([]);
    const { status, body: problem } = await sent[0]!;
    expect([status, problem['code']]).toEqual([400, 'validation-failed']);
    await Promise.all(sent);
  }, 60_000);

  it('five hundred connections say nothing', async () => {
    await open(500);
    expect(await longestSilence()).toBeLessThan(LONGEST_SILENCE_MS);
    expect(await statusesOfBob()).toEqual([]);
  }, 60_000);
});

it('all of this leaves the process alive, of a bounded size, and without an error in its log', async () => {
  expect(await probe()).toBe(200);
  expect(target.memoryMiB).toBeLessThan(before + MEMORY_MIB);
  expect(target.output).not.toMatch(/ERROR/);
});
