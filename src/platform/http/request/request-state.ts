import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { MessageContext } from '../../../kernel/messages/message-context.js';
import type { Identity } from '../auth/identity.js';
import type { Route } from '../routes/route-registry.js';
import type { Slot } from '../../../kernel/database/places.js';
import type { Preferences } from './prefer.js';

const REQUEST_STATE = Symbol('waybill:request-state');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const REQUEST_ID = /^[A-Za-z0-9._~-]{1,128}$/;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What is known about one request and its answer, from the first hook to the last. */
export class RequestState {
  /** As the client sent it, where it was well-formed, else made here. */
  readonly requestId: string;
  readonly traceparent: string;
  route: Route | undefined;
  identity: Identity | undefined;
  context: MessageContext | undefined;
  preferences: Preferences | undefined;
  slot: Slot | undefined;
  /** What links begin with: the path of PUBLIC_URL. */
  linkBase = '';
  /** Set when the answer turns out to be what the client has already. */
  notModified = false;
  /** The views didn't show a command's effect in the time that its caller would wait. */
  isPending = false;
  /** The command was stored to be executed later; the answer is its operation. */
  isAccepted = false;
  /** The handler was started and holds the slot. */
  isHandled = false;

  constructor(requestId: string | undefined, traceparent: string | undefined) {
    this.requestId = requestId !== undefined && REQUEST_ID.test(requestId) ? requestId : randomUUID();
    this.traceparent = traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : newTraceparent();
  }

  /** The request id where it is a UUID, else one that the log ties to it: `instance` must be a URN. */
  get instanceId(): string {
    return UUID.test(this.requestId) ? this.requestId : randomUUID();
  }

  get traceId(): string {
    return this.traceparent.slice(3, 35);
  }
}

/** Who is counted: the principal within its tenant. Only for a request with an identity. */
export function callerKey({ identity }: RequestState): string {
  if (identity === undefined) throw new Error('This request has no authenticated caller.');
  return `${identity.tenant}/${identity.principal.id}`;
}

/** Whether the connection of a request is gone. Its address is unknown from then on. */
export function isGone(request: FastifyRequest): boolean {
  return request.raw.socket.destroyed;
}

/** The state of a request, made when it is first asked for. */
export function requestStateOf(request: FastifyRequest): RequestState {
  const holder = request as FastifyRequest & { [REQUEST_STATE]?: RequestState };
  const { 'x-request-id': requestId, traceparent } = request.headers;
  return (holder[REQUEST_STATE] ??= new RequestState(textOf(requestId), textOf(traceparent)));
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function newTraceparent(): string {
  const trace = randomUUID();
  const span = randomUUID();
  const traceId = trace.slice(0, 8) + trace.slice(9, 13) + trace.slice(14, 18) + trace.slice(19, 23) + trace.slice(24);
  return `00-${traceId}-${span.slice(0, 8)}${span.slice(24, 32)}-01`;
}
