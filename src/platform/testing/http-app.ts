import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Global, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configurationOf } from '#config';
import { Secrets } from '../../kernel/database/secrets.js';
import { createHttpApp } from '../http/app/create-http-app.js';
import type { HttpSettings } from '../http/app/http-settings.js';
import { DevTokens } from '../http/auth/dev-tokens.js';
import { Cursors } from '../http/lists/cursors.js';
import type { EventRef } from '../../kernel/event-log/sql/position-of-event.js';
import { registeredProblem } from '../http/problems/problem-registry.js';
import { API_TITLE, type Role } from '#app';
import { Clock } from '../../kernel/messages/clock.js';
import type { ConsistencyRequest } from '../../kernel/messages/message-context.js';
import { ProjectionRegistry } from '../../kernel/projections/projection-registry.js';
import { Operations } from '../../kernel/outgoing/operations.js';
import { ConsistencyTokens } from '../../kernel/consistency/consistency-token.js';
import type { Freshness } from '../../kernel/consistency/freshness.js';
import { ViewConsistency } from '../../kernel/consistency/view-consistency.js';

const SECRET_BYTES = 32;
const MAX_PROBLEM_LENGTH = 8_192;

/** What the HTTP side asks of the kernel, without a database behind it: its own specs test hooks, not SQL. */
const STAND_INS = [
  { provide: Secrets, useValue: { get: (name: string) => Promise.resolve(Buffer.alloc(SECRET_BYTES, name)) } },
  { provide: ConsistencyTokens, useValue: { forEvent: ({ id }: EventRef) => `token-of-${id}` } },
  { provide: Operations, useValue: {} },
  { provide: ProjectionRegistry, useValue: { async: () => [] } },
  { provide: ViewConsistency, useValue: { await: viewsInTime } },
  Clock,
  Cursors,
];

/** Who waits at all sees what they wait for. */
function viewsInTime(_views: unknown, asked?: ConsistencyRequest): Promise<Freshness> {
  return Promise.resolve({ readToken: 'token-of-head', ...(asked?.waitMs === 0 ? { behind: 2 } : {}) });
}

@Global()
@Module({
  providers: STAND_INS,
  exports: [Secrets, ConsistencyTokens, Operations, ProjectionRegistry, ViewConsistency, Clock, Cursors],
})
class StandInModule {}

interface Sent {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: Record<string, unknown>;
}

/** An HTTP side with some controllers, and tokens for it. */
export class HttpApp {
  private constructor(readonly app: NestFastifyApplication) {}

  /** @param environment variables of the configuration; rate limits are off unless it says otherwise */
  static async with(
    controllers: readonly Type[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<HttpApp> {
    const root = { module: class SpecModule {}, imports: [StandInModule], controllers: [...controllers] };
    const settings: HttpSettings = configurationOf({ PORT: '0', RATE_LIMITS: 'off', ...environment });
    const app = await createHttpApp(root, settings, { logger: false, title: API_TITLE });
    await app.listen(0, '127.0.0.1');
    return new HttpApp(app);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  /** Sends bytes as they are: an object as JSON, text and buffers untouched. */
  send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<HttpResponse> {
    const payload = bytesOf(body);
    const type = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, method, path, headers: { ...type, ...headers } };
      request(options, (response) => void answerOf(response).then(resolve, reject))
        .on('error', reject)
        .end(payload);
    });
  }

  /** Writes to a bare connection and returns all that comes back until it is closed. */
  raw(...chunks: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(this.port, '127.0.0.1', () => chunks.forEach((chunk) => socket.write(chunk, 'latin1')));
      socket.on('data', (data) => (answer += data.toString('latin1')));
      socket.on('close', () => resolve(answer)).on('error', reject);
    });
  }

  token(...roles: readonly Role[]): Promise<string> {
    return this.tokenOf('ada', ...roles);
  }

  tokenOf(subject: string, ...roles: readonly Role[]): Promise<string> {
    return this.app.get(DevTokens).issue({ subject, roles });
  }

  async bearer(...roles: readonly Role[]): Promise<{ authorization: string }> {
    return { authorization: `Bearer ${await this.token(...roles)}` };
  }
}

/** A problem of a registered code in full dress: its type, its headers, nothing of what was sent or of our insides. */
export function expectProblemResponse(answer: HttpResponse, status: number, code: string): void {
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(registeredProblem(code)?.status).toBe(status);
  expect(answer.text.length).toBeLessThan(MAX_PROBLEM_LENGTH);
  expect(answer.text).not.toMatch(/script|FST_|stack|node_modules|\.ts:/);
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

async function answerOf(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const isJson = text !== '' && /json/.test(response.headers['content-type'] ?? '');
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.statusCode!, headers: response.headers, text, body };
}
