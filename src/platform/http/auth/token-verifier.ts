import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  createRemoteJWKSet,
  jwtVerify,
  type JWTPayload,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
} from 'jose';
import { Clock } from '../../../kernel/messages/clock.js';
import { HTTP_SETTINGS, type HttpSettings } from '../app/http-settings.js';
import { ProblemError } from '../problems/problem-error.js';
import { DEV_AUDIENCE, DEV_ISSUER, DevTokens } from './dev-tokens.js';
import { identityOf, type Identity } from './identity.js';

/** Pinned: a token never chooses how it is checked. */
const ALGORITHMS = ['EdDSA', 'RS256'];
const TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
/** Where a header brings or names its own key, an attacker hopes that the server fetches or trusts it. */
const KEY_HEADERS = ['jku', 'jwk', 'x5u', 'x5c'];
const LEEWAY_S = 60;
const MAX_CACHED = 10_000;
const REMEMBERED_MS = 60_000;
const MAX_TOKEN_LENGTH = 8_192;
const FETCH_TIMEOUT_MS = 3_000;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const NO_TOKEN = 'Send a token as Authorization: Bearer <token>.';
const BAD_TOKEN = 'The token is malformed, is signed by an unknown key, or was issued for another audience.';

type KeySource = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey | KeyObject>;

interface Verified {
  readonly identity: Identity;
  /** When it expires, or is verified anew. */
  readonly untilMs: number;
}

/**
 * Turns an Authorization header into the identity it proves. A verified token is remembered for a minute, so that one whose key
 * was withdrawn opens nothing soon after the issuer's new key set is known (jose reads it anew every ten minutes).
 */
@Injectable()
export class TokenVerifier {
  readonly #verified = new Map<string, Verified>();
  #keys: Promise<KeySource> | undefined;

  constructor(
    @Inject(HTTP_SETTINGS) private readonly settings: HttpSettings,
    private readonly devTokens: DevTokens,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError `unauthenticated`; `identity-provider-unavailable` when its keys can't be fetched */
  identify(authorization: string | undefined): Identity | Promise<Identity> {
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) throw unauthenticated(NO_TOKEN);
    const known = this.#verified.get(token);
    if (known !== undefined && known.untilMs > this.clock.now().getTime()) return known.identity;
    this.#verified.delete(token);
    return this.#verify(token);
  }

  async #verify(token: string): Promise<Identity> {
    if (token.length > MAX_TOKEN_LENGTH) throw unauthenticated(BAD_TOKEN);
    const payload = await this.#payload(token);
    const identity = identityOf(payload, this.settings.auth.operatorTenant);
    if (identity === undefined) throw unauthenticated(BAD_TOKEN);
    const untilMs = Math.min(payload.exp! * 1_000, this.clock.now().getTime() + REMEMBERED_MS);
    this.#remember(token, { identity, untilMs });
    return identity;
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#expected();
    const now = this.clock.now();
    try {
      const { payload, protectedHeader } = await jwtVerify(token, await this.#keySource(), {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: LEEWAY_S,
        requiredClaims: ['exp', 'sub'],
        currentDate: now,
      });
      assertPlainHeader(protectedHeader);
      if ((payload.iat ?? 0) > now.getTime() / 1_000 + LEEWAY_S) throw unauthenticated(BAD_TOKEN);
      return payload;
    } catch (error) {
      throw refused(error);
    }
  }

  #expected(): { issuer: string; audience: string } {
    const { mode, issuer, audience } = this.settings.auth;
    if (mode === 'dev') return { issuer: DEV_ISSUER, audience: DEV_AUDIENCE };
    return { issuer: issuer!, audience: audience! };
  }

  #keySource(): Promise<KeySource> {
    this.#keys ??= this.#loadKeys().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #loadKeys(): Promise<KeySource> {
    if (this.settings.auth.mode === 'jwks') {
      return createRemoteJWKSet(new URL(this.settings.auth.jwksUrl!), { timeoutDuration: FETCH_TIMEOUT_MS });
    }
    const key = await this.devTokens.publicKey();
    return () => Promise.resolve(key);
  }

  #remember(token: string, verified: Verified): void {
    if (this.#verified.size >= MAX_CACHED) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(token, verified);
  }
}

export function unauthenticated(detail: string): ProblemError {
  return new ProblemError('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } });
}

function assertPlainHeader(header: JWTHeaderParameters): void {
  const { typ } = header;
  const hasKnownType = typ === undefined || TYPES.has(typ.toLowerCase());
  if (!hasKnownType || KEY_HEADERS.some((name) => name in header)) throw unauthenticated(BAD_TOKEN);
}

/** Codes of jose for an issuer that doesn't answer, or answers nonsense. */
const ISSUER_FAILED = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);

/**
 * What went wrong, without details that would help to forge. Distinguished by code and name; a TypeError is either fetch's
 * or that of a key which doesn't fit the token's algorithm. Faults of our own (the database) stay what they are.
 */
function refused(error: unknown): unknown {
  const { code = '', name, message } = error as Error & { code?: string };
  if (code === 'ERR_JWT_EXPIRED') return unauthenticated('The token has expired. Get a new one.');
  if (ISSUER_FAILED.has(code) || (name === 'TypeError' && message.includes('fetch'))) {
    return new ProblemError(
      'identity-provider-unavailable',
      'The keys of the identity provider could not be fetched. Retry later.',
    );
  }
  return code.startsWith('ERR_J') || name === 'TypeError' ? unauthenticated(BAD_TOKEN) : error;
}
