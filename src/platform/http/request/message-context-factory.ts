import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../../kernel/domain/index.js';
import {
  DEFAULT_TENANT,
  MessageContext,
  type RequestedOperation,
  type ConsistencyRequest,
  type IdempotencyRequest,
} from '../../../kernel/messages/message-context.js';
import { HTTP_SETTINGS, type HttpSettings } from '../app/http-settings.js';
import type { Identity } from '../auth/identity.js';
import { ProblemError } from '../problems/problem-error.js';
import type { Route } from '../routes/route-registry.js';
import type { ParsedQuery } from '../validation/query-string.js';
import type { RequestState } from './request-state.js';
import { fingerprintOf } from './fingerprint.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { pathParams } from './path-segments.js';
import { preferencesOf, type Preferences } from './prefer.js';

const SECOND_MS = 1_000;
const MAX_TOKEN_LENGTH = 1_024;
const ANONYMOUS: Identity = {
  principal: { id: 'anonymous', roles: [] },
  tenant: DEFAULT_TENANT,
  actor: { type: 'system', id: 'anonymous' },
  isOperator: false,
};

/** Makes the message context of a request: who asks, under which key, having seen what. */
@Injectable()
export class MessageContextFactory {
  constructor(@Inject(HTTP_SETTINGS) private readonly settings: HttpSettings) {}

  /** @throws ProblemError for a malformed or missing idempotency key, or an impossible token */
  create(request: FastifyRequest, requestState: RequestState): MessageContext {
    const { headers } = request;
    const { identity, route } = requestState;
    requestState.preferences = preferencesOf(
      single(headers['prefer']),
      Math.floor(this.settings.consistency.maxWaitMs / SECOND_MS),
    );
    const { principal, tenant, actor }: Identity = identity ?? ANONYMOUS;
    return new MessageContext({
      principal,
      tenant,
      actor,
      correlationId: requestState.requestId,
      traceparent: requestState.traceparent,
      idempotency:
        route === undefined || route.access === 'public' ? undefined : this.#idempotency(request, route, actor),
      consistency: this.#consistency(request, requestState.preferences),
      respondAsync: requestedOperation(requestState.preferences, route),
    });
  }

  /**
   * A key's scope holds the capacity in which the caller acts. What was answered to a person as staff must not be replayed to
   * the same person as a customer, who may see less.
   */
  #idempotency(request: FastifyRequest, route: Route, { type }: Actor): IdempotencyRequest | undefined {
    if (route.method === 'GET') return undefined;
    const key = idempotencyKeyOf(single(request.headers['idempotency-key']));
    if (key !== undefined) {
      return {
        key,
        operation: `${route.method} ${route.template} as ${type}`,
        fingerprint: fingerprintOf(pathParams(request.params, route), request.body),
      };
    }
    if (route.method === 'POST' && this.settings.http.requireIdempotencyKey) {
      throw new ProblemError('idempotency-key-missing', 'Send an Idempotency-Key header with every POST.');
    }
    return undefined;
  }

  #consistency(request: FastifyRequest, { waitSeconds, isStrict }: Preferences): ConsistencyRequest {
    const token = single(request.headers['consistency-token']) ?? takeQueryToken(request);
    if (token !== undefined && (token === '' || token.length > MAX_TOKEN_LENGTH)) {
      throw new ProblemError(
        'consistency-token-invalid',
        'The consistency token was not issued by this server. Send the latest token you received, unchanged.',
      );
    }
    const waitMs = waitSeconds === undefined ? this.settings.consistency.waitMs : waitSeconds * SECOND_MS;
    return { token, waitMs, strict: isStrict };
  }
}

/** Only routes that declare it apply the preference; all others ignore it, as RFC 7240 lets them. */
function requestedOperation({ isAsync }: Preferences, route: Route | undefined): RequestedOperation | undefined {
  if (!isAsync || route?.resource === undefined) return undefined;
  return { operation: `${route.method} ${route.template}`, resource: route.resource };
}

/** `?consistency=` is for those who can't set headers (a browser's EventSource); no route declares it. */
function takeQueryToken(request: FastifyRequest): string | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const { values } = request.query as ParsedQuery;
  const token = values['consistency'];
  if (token === undefined) return undefined;
  delete values['consistency'];
  if (typeof token !== 'string')
    throw new ProblemError('consistency-token-invalid', 'The request has two consistency tokens. Send one.');
  return token;
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
