import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { Admission } from '../request/admission.js';
import { HttpApp } from '../../testing/http-app.js';
import { until } from '../../../kernel/testing/until.js';
import { Roles } from '../routes/route.decorators.js';
import { MoneyBody } from '#app';

/** Four for each of two connections to the database. */
const PLACES = 8;

let started = 0;
/** What slow requests wait for: for each spec anew. */
let gate: Promise<void>;
let openGate: () => void;

@Controller('v1/mine')
@Roles('customer', 'support')
class MineController {
  @Get()
  mine(): object {
    return {};
  }

  @Get('slow')
  async slow(): Promise<object> {
    started += 1;
    await gate;
    return {};
  }

  @Post()
  pay(@Body() body: MoneyBody): object {
    return body;
  }
}

let http: HttpApp;
let admission: Admission;
const sockets: Socket[] = [];

beforeAll(async () => {
  http = await HttpApp.with([MineController], { DATABASE_POOL_SIZE: '2' });
  admission = http.app.get(Admission);
});
afterAll(() => http.app.close());
beforeEach(() => {
  started = 0;
  gate = new Promise((resolve) => (openGate = resolve));
});
afterEach(async () => {
  openGate();
  for (const socket of sockets.splice(0)) socket.destroy();
  await until('no place is taken', () => admission.underWay === 0);
});

async function headersOf(subject: string): Promise<string> {
  return `Host: localhost\r\nAuthorization: Bearer ${await http.tokenOf(subject, 'customer')}\r\n`;
}

async function open(bytes: string): Promise<Socket> {
  const socket = connect(http.port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

async function statusFor(subject: string): Promise<number> {
  const authorization = `Bearer ${await http.tokenOf(subject, 'customer')}`;
  return (await http.send('GET', '/v1/mine', { headers: { authorization } })).status;
}

describe('a place', () => {
  it('is not taken by a request whose body has not arrived', async () => {
    const eve = await headersOf('eve');
    const type = 'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n';
    const unfinished = await Promise.all(
      Array.from({ length: 5 * PLACES }, () => open(`POST /v1/mine HTTP/1.1\r\n${eve}${type}\r\n`)),
    );
    // The server asks for the body once it knows the headers.
    await Promise.all(unfinished.map((socket) => once(socket, 'data')));
    expect([await statusFor('bob'), admission.underWay]).toEqual([200, 0]);
  });

  it('is left to others by a caller that has many', async () => {
    const eve = await headersOf('eve');
    for (let count = 0; count < 3 * PLACES; count += 1) await open(`GET /v1/mine/slow HTTP/1.1\r\n${eve}\r\n`);
    await until('three quarters of the places are taken', () => started === (PLACES * 3) / 4);
    expect([await statusFor('bob'), await statusFor('carol'), started]).toEqual([200, 200, (PLACES * 3) / 4]);
  });

  it('is given back when its client hangs up, also by requests whose turn to be answered never came', async () => {
    const eve = await headersOf('eve');
    const socket = await open(`GET /v1/mine/slow HTTP/1.1\r\n${eve}\r\n`.repeat(3));
    await until('all have started', () => started === 3);
    socket.destroy();
    await once(socket, 'close');
    openGate();
    await until('no place is taken', () => admission.underWay === 0);
    expect(await statusFor('bob')).toBe(200);
  });
});
