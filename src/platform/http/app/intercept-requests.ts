import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/** @returns whether the request may go on to the handlers; where it may not, it has been answered or is dropped. */
export type RequestCheck = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Puts a check before the request handlers that a server has by now, and before the checks that were put there earlier. */
export function interceptRequests(server: Server, isPassed: RequestCheck): void {
  const handlers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!isPassed(request, response)) return;
    for (const handle of handlers) handle(request, response);
  });
}
