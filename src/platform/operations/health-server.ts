import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Configuration } from '#config';
import { ConnectionLimits } from '../http/app/connection-limits.js';
import type { Lifecycle } from './lifecycle.js';
import type { GuardedMetrics } from './metrics/guarded-metrics.js';
import type { Readiness } from './readiness.js';

export interface HealthAnswers {
  readonly lifecycle: Lifecycle;
  readonly readiness: Readiness;
  readonly metrics: GuardedMetrics;
}

/**
 * What a worker serves, and nothing else: health and metrics, under the same paths and with the same meanings as the
 * API's, so that one deployment description fits both roles, and with the same limits on connections.
 */
export function createHealthServer(answers: HealthAnswers, settings: Configuration['http']): Server {
  const server = createServer({
    requestTimeout: settings.requestTimeoutMs,
    headersTimeout: settings.headersTimeoutMs,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    connectionsCheckingInterval: settings.connectionsCheckMs,
  });
  server.on('request', answering(answers));
  new ConnectionLimits(settings, {
    request: (response, code) => {
      response.setHeader('connection', 'close');
      answerJson(response, 429, { code });
    },
    raw: () => 'HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  }).install(server);
  return server;
}

function answering({ lifecycle, readiness, metrics }: HealthAnswers): RequestListener {
  const reasonOf: Readonly<Record<string, () => Promise<string | undefined>>> = {
    '/health/live': async () => undefined,
    '/health/startup': async () => (lifecycle.phase === 'starting' ? 'starting' : undefined),
    '/health/ready': async () => (await readiness.check())?.code,
  };
  return (request, response) => {
    if (request.url === '/metrics') {
      void metrics.answer(request.headers.authorization).then((given) => answer(response, given));
      return;
    }
    const ask = Object.hasOwn(reasonOf, request.url ?? '') ? reasonOf[request.url!] : undefined;
    if (ask === undefined) return answerJson(response, 404, { code: 'not-found' });
    void ask().then((code) =>
      answerJson(response, code === undefined ? 200 : 503, code === undefined ? { status: 'ok' } : { code }),
    );
  };
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  answer(response, { status, contentType: 'application/json', body: JSON.stringify(body) });
}

function answer(
  response: ServerResponse,
  given: { readonly status: number; readonly contentType: string; readonly body: string },
): void {
  response.writeHead(given.status, { 'content-type': given.contentType, 'cache-control': 'no-store' });
  response.end(given.body);
}
