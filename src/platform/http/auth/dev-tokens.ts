import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Clock } from '../../../kernel/messages/clock.js';
import { Secrets } from '../../../kernel/database/secrets.js';

export const DEV_ISSUER = 'waybill-dev';
export const DEV_AUDIENCE = 'waybill';
const LIFETIME_S = 12 * 60 * 60;

/** What RFC 8410 puts before the 32 bytes of an Ed25519 private key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface TokenRequest {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly tenant?: string | undefined;
}

/**
 * Tokens for trying things out (`AUTH_MODE=dev`). The key lies in the database, so tokens survive restarts and are good
 * for every replica; it signs for a made-up issuer that production never accepts.
 */
@Injectable()
export class DevTokens {
  #key: Promise<KeyObject> | undefined;

  constructor(
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** A token that is good for 12 hours. */
  async issue({ subject, roles, tenant }: TokenRequest): Promise<string> {
    const now = Math.floor(this.clock.now().getTime() / 1_000);
    return new SignJWT({ roles: [...roles], ...(tenant === undefined ? {} : { tenant }) })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(DEV_ISSUER)
      .setAudience(DEV_AUDIENCE)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME_S)
      .sign(await this.#privateKey());
  }

  async publicKey(): Promise<KeyObject> {
    return createPublicKey(await this.#privateKey());
  }

  #privateKey(): Promise<KeyObject> {
    this.#key ??= this.#load().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #load(): Promise<KeyObject> {
    const seed = (await this.secrets.get('dev-auth')).subarray(0, 32);
    return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  }
}
