import fastifyRateLimit, { type CreateRateLimitOptions } from '@fastify/rate-limit';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_SETTINGS, type HttpSettings } from '../app/http-settings.js';
import { ProblemError } from '../problems/problem-error.js';
import { actorOf } from '../auth/identity.js';
import { callerKey, requestStateOf, isGone } from './request-state.js';

/** Long enough that a person who clicks, or a script that tries something out, meets no limit; rates are averages over it. */
const WINDOW_S = 10;
/** Callers that are counted per kind and process; the one that was seen least recently is forgotten, and starts anew. */
const MAX_CALLERS = 20_000;
const SECOND_MS = 1_000;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

type Kind = 'anonymous' | 'customer' | 'staff' | 'service';
type Policy = Kind | `${Exclude<Kind, 'anonymous'>}-commands`;
type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/** A limit as it is reported to clients, and how it is counted. */
interface RateLimit {
  readonly policy: Policy;
  readonly quota: number;
  readonly count: Limiter;
}

/**
 * How many requests a caller may send: by principal where a valid token came along, else by address. Counted in this process
 * alone, in fixed windows (docs/adr/0015). Every answer reports what is left, in the header fields of
 * draft-ietf-httpapi-ratelimit-headers; what is beyond the limit is answered 429 with `Retry-After`, and not executed.
 */
@Injectable()
export class RateLimits {
  readonly #limits = new Map<Policy, RateLimit>();

  constructor(@Inject(HTTP_SETTINGS) private readonly settings: HttpSettings) {}

  async install(server: FastifyInstance): Promise<void> {
    const { mode, anonymous, customer, customerCommands, staff, staffCommands, service, serviceCommands } =
      this.settings.rateLimits;
    if (mode === 'off') return;
    await server.register(fastifyRateLimit, { global: false });
    this.#add(server, 'anonymous', anonymous);
    this.#add(server, 'customer', customer);
    this.#add(server, 'customer-commands', customerCommands);
    this.#add(server, 'staff', staff);
    this.#add(server, 'staff-commands', staffCommands);
    this.#add(server, 'service', service);
    this.#add(server, 'service-commands', serviceCommands);
  }

  /** @throws ProblemError `rate-limited` */
  async countAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // The request has no address any more that it could be counted to, and no client waits for its answer.
    if (isGone(request)) throw new ProblemError('rate-limited', 'The connection is closed.');
    await this.#count(['anonymous'], request, reply);
  }

  /** Who has several roles has the most generous limit of them. @throws ProblemError `rate-limited` */
  async countPrincipal(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.#limits.size === 0) return;
    const kind = this.#kindOf(requestStateOf(request).identity?.principal.roles ?? []);
    await this.#count(READS.has(request.method) ? [kind] : [kind, `${kind}-commands`], request, reply);
  }

  #add(server: FastifyInstance, policy: Policy, perSecond: number): void {
    if (perSecond === 0) return;
    const options: CreateRateLimitOptions & { cache: number } = {
      max: perSecond * WINDOW_S,
      timeWindow: WINDOW_S * SECOND_MS,
      cache: MAX_CALLERS,
      ...(policy === 'anonymous'
        ? {}
        : { keyGenerator: (request: FastifyRequest) => callerKey(requestStateOf(request)) }),
    };
    this.#limits.set(policy, { policy, quota: options.max as number, count: server.createRateLimit(options) });
  }

  #kindOf(roles: readonly string[]): Exclude<Kind, 'anonymous'> {
    const kinds = roles.map(kindOfRole);
    const quota = (kind: Policy): number => this.#limits.get(kind)?.quota ?? Infinity;
    return (
      kinds.toSorted((one, other) => Number(quota(other) > quota(one)) - Number(quota(other) < quota(one)))[0] ??
      'customer'
    );
  }

  async #count(policies: readonly Policy[], request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const limits = policies.map((policy) => this.#limits.get(policy)).filter((limit) => limit !== undefined);
    if (limits.length === 0) return;
    const left: string[] = [];
    let retryAfterS = 0;
    for (const { policy, count } of limits) {
      const state = await count(request);
      if (state.isAllowed) continue;
      left.push(`"${policy}";r=${state.remaining};t=${state.ttlInSeconds}`);
      if (state.isExceeded) retryAfterS = Math.max(retryAfterS, state.ttlInSeconds, 1);
    }
    reply.header(
      'ratelimit-policy',
      limits.map(({ policy, quota }) => `"${policy}";q=${quota};w=${WINDOW_S}`).join(', '),
    );
    reply.header('ratelimit', left.join(', '));
    if (retryAfterS > 0) throw rateLimited(retryAfterS);
  }
}

function rateLimited(retryAfterS: number): ProblemError {
  return new ProblemError('rate-limited', `Too many requests. Retry after ${retryAfterS} s.`, {
    headers: { 'retry-after': String(retryAfterS) },
  });
}

/** Whoever acts as staff, or as a service, is limited as such. */
function kindOfRole(role: string): Exclude<Kind, 'anonymous'> {
  const { type } = actorOf({ id: '', roles: [role] });
  return type === 'system' ? 'customer' : type;
}
