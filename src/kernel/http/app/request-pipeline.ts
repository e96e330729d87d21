import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageContext } from '../../messages/message-context.js';
import { ConsistencyTokens } from '../../queries/consistency-token.js';
import { forbidden } from '../auth/access.guard.js';
import type { Identity } from '../auth/identity.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { assertJsonUtf8 } from '../body/media-type.js';
import { Admission, type AdmissionSlot } from '../exchange/admission.js';
import {
  completePage,
  setKernelHeaders,
  setOperationHeaders,
  setOutcomeHeaders,
  setResultHeaders,
} from '../exchange/answer-headers.js';
import { ContextMaker } from '../exchange/context-maker.js';
import { exchangeOf, type Exchange } from '../exchange/exchange.js';
import { assertSingleHeaders } from '../exchange/single-headers.js';
import { ViewWait } from '../exchange/view-wait.js';
import { Page } from '../lists/page.js';
import { OperationBody } from '../operations/operation.dto.js';
import { invalidInput, ProblemError } from '../problems/problem-error.js';
import { mayCall, RouteBook, type Route } from '../routes/route-book.js';
import { takes } from '../routes/route-checks.js';
import { assertWellFormed, type ParsedQuery } from '../validation/query-string.js';

type Done = (error?: Error) => void;

const MAX_URL_LENGTH = 8_192;

/**
 * What happens around every handler, in Fastify's hooks, because they also cover what no controller sees:
 *
 *     onRequest         is it well-formed HTTP · which route · who asks, may they · is there room     → 4xx before a body is read
 *     (body)            strict JSON
 *     preHandler        idempotency key, consistency, preferences → message context for all that follows
 *     (Nest)            guard · input classes · handler
 *     preSerialization  wait for the views, if asked · Location, ETag, a page's asOf and Link
 *     onSend            tokens, 304
 */
@Injectable()
export class RequestPipeline {
  readonly #takesBody = new Map<Route, boolean>();
  readonly #takesQuery = new Map<Route, boolean>();

  constructor(
    private readonly book: RouteBook,
    private readonly verifier: TokenVerifier,
    private readonly admission: Admission,
    private readonly contexts: ContextMaker,
    private readonly viewWait: ViewWait,
    private readonly tokens: ConsistencyTokens,
  ) {}

  install(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => this.#receive(request, reply, done));
    server.addHook('preHandler', (request, _reply, done) => this.#bind(request, done));
    server.addHook('preSerialization', (request, reply, payload, done) => {
      const waiting = reply.statusCode < 400 ? this.viewWait.after(exchangeOf(request)) : undefined;
      if (waiting === undefined) done(null, this.#complete(request, reply, payload));
      else waiting.then(() => done(null, this.#complete(request, reply, payload)), done);
    });
    server.addHook('onSend', (request, reply, payload, done) => done(null, this.#finish(request, reply, payload)));
  }

  #receive(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const exchange = exchangeOf(request);
    setKernelHeaders(reply, exchange);
    try {
      assertSoundRequest(request);
      const admitted = this.#admit(request, exchange);
      if (!(admitted instanceof Promise)) {
        occupy(exchange, reply, admitted);
        done();
        return;
      }
      admitted.then((slot) => occupy(exchange, reply, slot)).then(() => done(), done);
    } catch (error) {
      done(error as Error);
    }
  }

  #admit(request: FastifyRequest, exchange: Exchange): AdmissionSlot | undefined | Promise<AdmissionSlot | undefined> {
    const route = this.#routeOf(request);
    exchange.route = route;
    if (request.method !== 'GET' && request.method !== 'HEAD') assertJsonUtf8(request.headers);
    if (route.access === 'public') return undefined;
    const identity = this.verifier.identify(request.headers.authorization);
    return identity instanceof Promise
      ? identity.then((verified) => this.#enter(exchange, route, verified))
      : this.#enter(exchange, route, identity);
  }

  #enter(exchange: Exchange, route: Route, identity: Identity): AdmissionSlot | Promise<AdmissionSlot> {
    exchange.identity = identity;
    if (!mayCall(route.access, identity.principal.roles)) throw forbidden();
    return this.admission.enter({ isOperators: isOperatorsOnly(route) });
  }

  #routeOf(request: FastifyRequest): Route {
    const template = request.routeOptions.url;
    const route = template === undefined ? undefined : this.book.find(request.method, template);
    if (route !== undefined) return route;
    const allowed = this.book.methodsOf(request.url.split('?', 1)[0]!);
    if (allowed.length === 0) throw new ProblemError('not-found', 'There is nothing under this path.');
    throw new ProblemError('method-not-allowed', 'This path does not take that method.', {
      headers: { allow: allowed.join(', ') },
    });
  }

  #bind(request: FastifyRequest, done: Done): void {
    const exchange = exchangeOf(request);
    const { route } = exchange;
    if (route === undefined) return done();
    try {
      exchange.context = this.contexts.make(request, exchange);
      this.#assertNothingUnasked(request, route);
    } catch (error) {
      return done(error as Error);
    }
    exchange.slot?.hold();
    exchange.isHandled = true;
    messageContext.run(exchange.context, done);
  }

  /** A route without an input class takes nothing, rather than ignoring what it was sent. */
  #assertNothingUnasked(request: FastifyRequest, route: Route): void {
    const { body } = request;
    if (body !== undefined && !this.#takes(this.#takesBody, route, 'body') && !isEmptyObject(body)) {
      throw invalidInput('', 'unknown-field', 'This route takes no body.');
    }
    const query = request.query as ParsedQuery;
    const [name] = Object.keys(query.values);
    if ((query.isMalformed || name !== undefined) && !this.#takes(this.#takesQuery, route, 'query')) {
      assertWellFormed(query);
      throw invalidInput('query:*', 'unknown-parameter', 'This route takes no query parameters.');
    }
  }

  #takes(known: Map<Route, boolean>, route: Route, kind: 'body' | 'query'): boolean {
    const answer = known.get(route) ?? takes(route, kind);
    known.set(route, answer);
    return answer;
  }

  #complete(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    const exchange = exchangeOf(request);
    if (reply.statusCode >= 400 || typeof payload !== 'object' || payload === null) return payload;
    if (payload instanceof OperationBody) setOperationHeaders(reply, exchange, payload);
    else setResultHeaders(reply, exchange, payload);
    return payload instanceof Page ? completePage(reply, payload, this.#token(exchange)) : payload;
  }

  #finish(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    const exchange = exchangeOf(request);
    setOutcomeHeaders(reply, exchange, this.#token(exchange));
    if (exchange.isHandled) {
      exchange.isHandled = false;
      exchange.slot?.leave();
    }
    if (!exchange.notModified || reply.statusCode !== 200) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  }

  /** A command's own event is the newest thing its caller has seen; a read's token is what its views had. */
  #token({ context }: Exchange): string | undefined {
    if (context === undefined) return undefined;
    const { lastEvent, readToken } = context.outcome;
    return lastEvent === undefined ? readToken : this.tokens.forEvent(lastEvent);
  }
}

function assertSoundRequest({ raw, headers }: FastifyRequest): void {
  if (raw.url !== undefined && raw.url.length > MAX_URL_LENGTH)
    throw new ProblemError('uri-too-long', `The URL is longer than ${MAX_URL_LENGTH} characters.`);
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
  if (httpVersionMinor === 0) throw new ProblemError('malformed-request', 'HTTP/1.0 has no Transfer-Encoding.', close);
  if (coding.toLowerCase() !== 'chunked')
    throw new ProblemError('transfer-coding-not-supported', 'The only Transfer-Encoding is chunked.', close);
}

/** Operations and metrics: few requests, needed most when all other places are taken. */
function isOperatorsOnly({ access }: Route): boolean {
  return Array.isArray(access) && access.length === 1 && access[0] === 'operator';
}

/** The place is kept until the answer has left or the client has gone; the handler holds it on its own. */
function occupy(exchange: Exchange, reply: FastifyReply, slot: AdmissionSlot | undefined): void {
  if (slot === undefined) return;
  exchange.slot = slot;
  let hasLeft = false;
  const leave = () => {
    if (!hasLeft) slot.leave();
    hasLeft = true;
  };
  reply.raw.once('finish', leave).once('close', leave);
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}
