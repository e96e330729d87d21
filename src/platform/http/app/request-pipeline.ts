import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageContext, type MessageContext } from '../../../kernel/messages/message-context.js';
import { ConsistencyTokens } from '../../../kernel/consistency/consistency-token.js';
import { Admission } from '../request/admission.js';
import {
  completePage,
  setKernelHeaders,
  setOperationHeaders,
  setOutcomeHeaders,
  setResultHeaders,
} from '../request/response-headers.js';
import { MessageContextFactory } from '../request/message-context-factory.js';
import { callerKey, requestStateOf, type RequestState } from '../request/request-state.js';
import type { Slot } from '../../../kernel/database/places.js';
import { ViewWait } from '../request/view-wait.js';
import { Page } from '../lists/page.js';
import { OperationBody } from '../operations/operation.dto.js';
import { invalidInput } from '../problems/problem-error.js';
import type { Route } from '../routes/route-registry.js';
import { takes } from '../routes/route-checks.js';
import { assertWellFormed, type ParsedQuery } from '../validation/query-string.js';
import { PublicUrl } from './public-url.js';
import { RequestAuthorization } from './request-authorization.js';

type Done = (error?: Error) => void;

/**
 * What happens around every handler, in Fastify's hooks, because they also cover what no controller sees:
 *
 *     onRequest         is it well-formed HTTP · which route · who asks, how much lately, may they     → 4xx before a body is read
 *     (body)            strict JSON
 *     preHandler        idempotency key, consistency, preferences · is there room → message context for all that follows
 *     (Nest)            guard · input classes · handler
 *     preSerialization  wait for the views, if asked · Location, ETag, a page's asOf and Link
 *     onSend            tokens, 304
 */
@Injectable()
export class RequestPipeline {
  readonly #takesBody = new Map<Route, boolean>();
  readonly #takesQuery = new Map<Route, boolean>();

  constructor(
    private readonly authorization: RequestAuthorization,
    private readonly admission: Admission,
    private readonly contexts: MessageContextFactory,
    private readonly viewWait: ViewWait,
    private readonly tokens: ConsistencyTokens,
    private readonly publicUrl: PublicUrl,
  ) {}

  install(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => this.#receive(request, reply, done));
    server.addHook('preHandler', (request, reply, done) => this.#bind(request, reply, done));
    server.addHook('preSerialization', (request, reply, payload, done) => {
      const waiting = reply.statusCode < 400 ? this.viewWait.after(requestStateOf(request)) : undefined;
      if (waiting === undefined) done(null, this.#complete(request, reply, payload));
      else waiting.then(() => done(null, this.#complete(request, reply, payload)), done);
    });
    server.addHook('onSend', (request, reply, payload, done) => done(null, this.#finish(request, reply, payload)));
  }

  #receive(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const requestState = requestStateOf(request);
    requestState.linkBase = this.publicUrl.path;
    setKernelHeaders(reply, requestState);
    const proceed = this.authorization.isPreflight(request) ? () => void reply.code(204).send() : () => done();
    this.authorization.authorize(request, reply).then(proceed, done);
  }

  /** The body has arrived and is valid: a slow client can't hold the place from here on. */
  #bind(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const requestState = requestStateOf(request);
    const { route } = requestState;
    if (route === undefined) return done();
    try {
      const context = this.contexts.create(request, requestState);
      requestState.context = context;
      this.#assertNothingUnasked(request, route);
      const slot = this.#enter(request, requestState, route);
      if (!(slot instanceof Promise)) return handle({ requestState, context, slot, reply }, done);
      slot.then((admitted) => handle({ requestState, context, slot: admitted, reply }, done), done);
    } catch (error) {
      done(error as Error);
    }
  }

  #enter(request: FastifyRequest, requestState: RequestState, route: Route): Slot | undefined | Promise<Slot> {
    if (route.isProbe) return undefined;
    if (requestState.identity === undefined) return this.admission.enterUnidentified(request.ip);
    return this.admission.enter({ caller: callerKey(requestState), isOperators: route.access === 'operators' });
  }

  /** A route without an input class takes nothing, rather than ignoring what it was sent. */
  #assertNothingUnasked(request: FastifyRequest, route: Route): void {
    const { body } = request;
    if (body !== undefined && !this.#takes(this.#takesBody, route, 'body') && !isEmptyObject(body)) {
      throw invalidInput('', 'unknown-field', 'This route accepts no body. Send none.');
    }
    const query = request.query as ParsedQuery;
    const [name] = Object.keys(query.values);
    if ((query.isMalformed || name !== undefined) && !this.#takes(this.#takesQuery, route, 'query')) {
      assertWellFormed(query);
      throw invalidInput('query:*', 'unknown-parameter', 'This route accepts no query parameters.');
    }
  }

  #takes(known: Map<Route, boolean>, route: Route, kind: 'body' | 'query'): boolean {
    const answer = known.get(route) ?? takes(route, kind);
    known.set(route, answer);
    return answer;
  }

  #complete(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    const requestState = requestStateOf(request);
    if (reply.statusCode >= 400 || typeof payload !== 'object' || payload === null) return payload;
    if (payload instanceof OperationBody) setOperationHeaders(reply, requestState, payload);
    else setResultHeaders(reply, requestState, payload);
    return payload instanceof Page ? completePage(reply, requestState, payload, this.#token(requestState)) : payload;
  }

  #finish(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    const requestState = requestStateOf(request);
    setOutcomeHeaders(reply, requestState, this.#token(requestState));
    if (requestState.isHandled) {
      requestState.isHandled = false;
      requestState.slot?.leave();
    }
    if (!requestState.notModified || reply.statusCode !== 200) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  }

  /** A command's own event is the newest thing its caller has seen; a read's token is what its views had. */
  #token({ context }: RequestState): string | undefined {
    if (context === undefined) return undefined;
    const { lastEvent, readToken } = context.outcome;
    return lastEvent === undefined ? readToken : this.tokens.forEvent(lastEvent);
  }
}

interface Admitted {
  readonly requestState: RequestState;
  readonly context: MessageContext;
  readonly slot: Slot | undefined;
  readonly reply: FastifyReply;
}

/**
 * The handler holds its place until it has ended. An answer made for one caller takes memory until it has left, or its client has
 * gone, and holds the place as long; what public routes answer is shared or small.
 */
function handle({ requestState, context, slot, reply: { raw } }: Admitted, done: Done): void {
  requestState.slot = slot;
  requestState.isHandled = true;
  if (slot !== undefined && requestState.identity !== undefined && !raw.destroyed) {
    slot.hold();
    let hasLeft = false;
    const leave = (): void => {
      if (!hasLeft) slot.leave();
      hasLeft = true;
    };
    raw.once('finish', leave).once('close', leave);
  }
  messageContext.run(context, done);
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}
