import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_SETTINGS, type HttpSettings } from './http-settings.js';
import { forbidden } from '../auth/access.guard.js';
import { DevHosts } from '../auth/dev-hosts.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import type { Identity } from '../auth/identity.js';
import { assertJsonUtf8 } from '../body/media-type.js';
import { Admission } from '../request/admission.js';
import { requestStateOf, type RequestState } from '../request/request-state.js';
import { RateLimits } from '../request/rate-limits.js';
import { assertSingleHeaders } from '../request/single-headers.js';
import { ProblemError } from '../problems/problem-error.js';
import { mayCall, RouteRegistry, type Route } from '../routes/route-registry.js';

const MAX_URL_LENGTH = 8_192;

/**
 * What is decided before a body is read: is it well-formed HTTP, which route is it, who calls, how much have they sent
 * lately, may they. Every answer counts to a rate limit, refusals too: to the principal's, or to the address's as
 * long as no valid token identifies a principal. Health probes count to none.
 */
@Injectable()
export class RequestAuthorization {
  constructor(
    private readonly routes: RouteRegistry,
    private readonly verifier: TokenVerifier,
    private readonly admission: Admission,
    private readonly rateLimits: RateLimits,
    private readonly hosts: DevHosts,
    @Inject(HTTP_SETTINGS) private readonly settings: HttpSettings,
  ) {}

  /** Whether a browser asks what a script may send (https://fetch.spec.whatwg.org/#cors-preflight-request). */
  isPreflight({ method, headers }: FastifyRequest): boolean {
    if (method !== 'OPTIONS' || this.settings.http.corsOrigins.length === 0) return false;
    return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
  }

  /** Sets the route and identity; a preflight request has neither. @throws ProblemError */
  async authorize(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const requestState = requestStateOf(request);
    let route: Route | undefined;
    try {
      route = await this.#identify(request, requestState);
    } catch (error) {
      if (isRefusedForNow(error)) throw error;
      await this.rateLimits.countAddress(request, reply);
      throw error;
    }
    if (route?.isProbe === true) return;
    if (route === undefined || requestState.identity === undefined) return this.rateLimits.countAddress(request, reply);
    await this.rateLimits.countPrincipal(request, reply);
    if (!mayCall(route.access, requestState.identity)) throw forbidden();
  }

  async #identify(request: FastifyRequest, requestState: RequestState): Promise<Route | undefined> {
    assertSoundRequest(request);
    this.hosts.assertKnown(request.headers.host);
    if (this.isPreflight(request)) return undefined;
    const route = this.#routeOf(request);
    requestState.route = route;
    if (request.method !== 'GET' && request.method !== 'HEAD') assertJsonUtf8(request.headers);
    if (route.access === 'public') return route;
    this.admission.assertOpen();
    const identity = this.verifier.identify(request.headers.authorization);
    requestState.identity = identity instanceof Promise ? await this.#verified(identity, request.ip) : identity;
    return route;
  }

  /** The keys of an identity provider may be slow to come: those who wait for them are counted. */
  async #verified(identity: Promise<Identity>, address: string): Promise<Identity> {
    // It is awaited below, unless there is no place.
    identity.catch(() => undefined);
    const slot = await this.admission.enterUnidentified(address);
    try {
      return await identity;
    } finally {
      slot.leave();
    }
  }

  #routeOf(request: FastifyRequest): Route {
    const template = request.routeOptions.url;
    const route = template === undefined ? undefined : this.routes.find(request.method, template);
    if (route !== undefined) return route;
    const allowed = this.routes.methodsOf(decoded(request.url.split('?', 1)[0]!));
    if (allowed.length === 0) throw new ProblemError('not-found', 'Path not found. Check the URL.');
    throw new ProblemError('method-not-allowed', 'This path does not support that method. See the Allow header.', {
      headers: { allow: allowed.join(', ') },
    });
  }
}

/** Nothing was found out about the caller: a place is missing, or the process is ending. */
function isRefusedForNow(error: unknown): boolean {
  return error instanceof ProblemError && (error.code === 'overloaded' || error.code === 'draining');
}

function assertSoundRequest({ raw, headers }: FastifyRequest): void {
  if (raw.url !== undefined && raw.url.length > MAX_URL_LENGTH)
    throw new ProblemError('uri-too-long', `The URL exceeds ${MAX_URL_LENGTH} characters.`);
  if (headers.host === undefined && raw.httpVersionMinor > 0)
    throw new ProblemError('malformed-request', 'The Host header is missing.');
  assertReadableTransfer(raw);
  assertSingleHeaders(raw.rawHeaders);
}

/** Another coding would be read as if it were plain (RFC 9112 §6.1); HTTP/1.0 has none, so that a proxy may see another end. */
function assertReadableTransfer({ headers, httpVersionMinor }: FastifyRequest['raw']): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return;
  const close = { headers: { connection: 'close' } };
  if (httpVersionMinor === 0)
    throw new ProblemError(
      'malformed-request',
      'HTTP/1.0 requests cannot use Transfer-Encoding. Send Content-Length.',
      close,
    );
  if (coding.toLowerCase() !== 'chunked')
    throw new ProblemError('transfer-coding-not-supported', 'Unsupported Transfer-Encoding. Use chunked.', close);
}

/** The path as the router sees it; as it came where it can't be decoded, which the router refuses. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
