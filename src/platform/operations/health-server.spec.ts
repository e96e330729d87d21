import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { Server } from 'node:http';
import { configurationOf } from '#config';
import { createHealthServer, type HealthAnswers } from './health-server.js';

let server: Server;

beforeAll(async () => {
  const answers = {
    lifecycle: { phase: 'running' },
    readiness: { check: () => Promise.resolve(undefined) },
    metrics: {},
  } as unknown as HealthAnswers;
  server = createHealthServer(answers, configurationOf({ HTTP_MAX_CONNECTIONS: '4', HTTP_MAX_PIPELINED: '3' }).http);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const port = (): number => (server.address() as AddressInfo).port;

function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port(), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

describe('the health server of a worker', () => {
  it('answers a probe when all connections are taken', async () => {
    for (let count = 0; count < 4; count += 1) {
      const socket = connect(port(), '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
    }
    expect(await raw('GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('refuses more pipelined requests than HTTP_MAX_PIPELINED, and closes the connection', async () => {
    const answers = await raw('GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500));
    expect([...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)).toEqual([
      '200',
      '200',
      '200',
      '429',
    ]);
  });
});
