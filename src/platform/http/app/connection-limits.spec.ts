import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Controller, Get, Header } from '@nestjs/common';
import { HttpApp } from '../../testing/http-app.js';
import { until } from '../../../kernel/testing/until.js';
import { Public, Roles } from '../routes/route.decorators.js';

const MEGABYTE = Buffer.alloc(1_024 * 1_024, 'x');
const LARGE = Buffer.alloc(8 * MEGABYTE.length, 'x');

let started = 0;
let release: () => void = () => undefined;

@Controller('health')
@Public()
class ProbesController {
  @Get('live')
  live(): object {
    return { status: 'live' };
  }
}

@Controller('v1/things')
@Public()
class ThingsController {
  @Get()
  count(): object {
    started += 1;
    return {};
  }

  @Get('slow')
  async slow(): Promise<object> {
    started += 1;
    await new Promise<void>((resolve) => (release = resolve));
    return {};
  }

  @Get('large')
  @Header('content-type', 'application/octet-stream')
  large(): Buffer {
    return LARGE;
  }
}

@Controller('v1/mine')
@Roles('customer')
class MineController {
  @Get()
  mine(): object {
    started += 1;
    return {};
  }
}

const MAX_CONNECTIONS = 8;
const MAX_PIPELINED = 4;

let http: HttpApp;
const sockets: Socket[] = [];

beforeAll(async () => {
  http = await HttpApp.with([ProbesController, ThingsController, MineController], {
    HTTP_MAX_CONNECTIONS: String(MAX_CONNECTIONS),
    HTTP_MAX_PIPELINED: String(MAX_PIPELINED),
    HTTP_RESPONSE_TIMEOUT_MS: '300',
    HTTP_CONNECTIONS_CHECK_MS: '100',
  });
});

afterAll(() => http.app.close());
beforeEach(() => void (started = 0));
afterEach(async () => {
  release();
  for (const socket of sockets.splice(0)) socket.destroy();
  await until('the server has no connection left', () => connectionCount().then((count) => count === 0));
});

const request = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

async function open(bytes = ''): Promise<Socket> {
  const socket = connect(http.port, '127.0.0.1');
  // A server that closes a connection may do so while its client writes.
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

function statusesIn(answers: string): string[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status!);
}

describe('requests that are pipelined on one connection', () => {
  const allowed = Array.from({ length: MAX_PIPELINED }, () => '200');

  it.each(['/v1/things', '/health/live', '/openapi.json', '/problems', '/docs/swagger-ui-bundle.js'])(
    'are answered up to the limit and then refused, and the connection is closed: %s',
    async (path) => {
      const answers = await http.raw(request(path).repeat(1_000));
      expect(statusesIn(answers)).toEqual([...allowed, '429']);
      expect(answers).toMatch(/connection: close\r\n/i);
      expect(answers).toContain('"code":"rate-limited"');
    },
  );

  it.each([
    ['/nope', '404'],
    ['/v1/mine', '401'],
  ])('are refused also where none of them would be served: %s', async (path, status) => {
    const answers = await http.raw(request(path).repeat(1_000));
    expect(statusesIn(answers)).toEqual([...allowed.map(() => status), '429']);
  });

  it('take no more than their share of the handlers, whoever sends them', async () => {
    const { authorization } = await http.bearer('customer');
    const answers = await http.raw(request('/v1/mine', `Authorization: ${authorization}\r\n`).repeat(150));
    expect([statusesIn(answers), started]).toEqual([[...allowed, '429'], MAX_PIPELINED]);
  });

  it('are not counted once they are answered', async () => {
    const socket = await open();
    let answers = '';
    socket.on('data', (data) => (answers += data.toString()));
    for (let sent = 1; sent <= 3 * MAX_PIPELINED; sent += 1) {
      socket.write(request('/v1/things'));
      await until(`answer ${sent} is there`, () => statusesIn(answers).length === sent);
    }
    expect(new Set(statusesIn(answers))).toEqual(new Set(['200']));
  });
});

describe('a client that does not read its answer', () => {
  it('is disconnected after HTTP_RESPONSE_TIMEOUT_MS', async () => {
    const socket = await open(request('/v1/things/large'));
    socket.pause();
    await until('the server has closed it', () => connectionCount().then((count) => count === 0));
  });

  it('is left alone while its request is being worked on', async () => {
    const socket = await open(request('/v1/things/slow'));
    await until('the handler has started', () => started === 1);
    const unread = await open(request('/v1/things/large'));
    unread.pause();
    await until('the other one is gone', () => connectionCount().then((count) => count === 1));
    expect(socket.destroyed).toBe(false);
  });
});

describe('a process at HTTP_MAX_CONNECTIONS', () => {
  const probe = (): Promise<string[]> => http.raw(request('/health/live', 'Connection: close\r\n')).then(statusesIn);

  it.each([
    ['idle', ''],
    ['in the middle of their headers', 'GET /v1/things HTTP/1.1\r\nHost'],
    [
      'in the middle of a body',
      'POST /v1/dev/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ],
    ['not reading their answers', request('/v1/things/large')],
  ])('answers a health probe when all connections are %s', async (_what, bytes) => {
    for (let count = 0; count < MAX_CONNECTIONS; count += 1) (await open(bytes)).pause();
    await until('all are connected', () => connectionCount().then((count) => count === MAX_CONNECTIONS));
    expect(await probe()).toEqual(['200']);
  });

  it('closes the connection that was unused for longest, and none that is being served', async () => {
    const served = await open(request('/v1/things/slow'));
    await until('the handler has started', () => started === 1);
    const unused = [await open()];
    for (let count = 2; count < MAX_CONNECTIONS; count += 1) unused.push(await open());
    const closed = once(unused[0]!, 'close');
    expect(await probe()).toEqual(['200']);
    unused[0]!.resume();
    await closed;
    expect([served.destroyed, ...unused.slice(1).map((socket) => socket.destroyed)]).not.toContain(true);
  });
});

function connectionCount(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = http.app.getHttpServer() as {
      getConnections(done: (error: Error | null, count: number) => void): void;
    };
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
