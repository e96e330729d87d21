import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Lifecycle } from './lifecycle.js';
import type { Readiness } from './readiness.js';

/**
 * The health routes of a worker, which serves nothing else: the same paths and meanings as the API's, so that one
 * deployment description fits both roles.
 */
export function createHealthServer(lifecycle: Lifecycle, readiness: Readiness): Server {
  const reasonOf: Readonly<Record<string, () => Promise<string | undefined>>> = {
    '/health/live': async () => undefined,
    '/health/startup': async () => (lifecycle.phase === 'starting' ? 'starting' : undefined),
    '/health/ready': async () => (await readiness.check())?.code,
  };
  return createServer((request, response) => {
    const ask = Object.hasOwn(reasonOf, request.url ?? '') ? reasonOf[request.url!] : undefined;
    if (ask === undefined) return answer(response, 404, { code: 'not-found' });
    void ask().then((code) =>
      answer(response, code === undefined ? 200 : 503, code === undefined ? { status: 'ok' } : { code }),
    );
  });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
