import type { IncomingMessage } from 'node:http';

/** The absolute form of a request target: `http://host/path?query`. */
const ABSOLUTE = /^https?:\/\/(?:[^/?#@]*@)?([^/?#@]+)([/?][^#]*)?$/i;
/** An absolute form that is none, or a fragment, which is never sent (RFC 9112 §3.2) and which a router may take for a query. */
const MALFORMED = /^https?:|#/i;

/**
 * Checks the first line of a request, and gives its target one form: what a client of a proxy sends as
 * `GET http://host/path` becomes `/path`, with that host as the Host (RFC 9112 §3.2.2). So routes, links and checks of
 * the host never see two that differ.
 *
 * @returns the code of the problem with it, if there is one
 */
export function problemOfRequestLine(request: IncomingMessage): string | undefined {
  if (request.httpVersionMajor !== 1) return 'http-version-not-supported';
  if (!isMet(request.headers.expect)) return 'expectation-failed';
  const { url = '' } = request;
  const [, host, rest = '/'] = ABSOLUTE.exec(url) ?? [];
  if (host === undefined) return MALFORMED.test(url) ? 'malformed-request' : undefined;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
  if (request.headers.host !== undefined) request.headers.host = host;
  return undefined;
}

/** The only expectation that there is (RFC 9110 §10.1.1). */
function isMet(expectation: string | undefined): boolean {
  return expectation === undefined || expectation.toLowerCase() === '100-continue';
}
