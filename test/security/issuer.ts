import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from 'jose';
import type { Environment } from '#config';

const ISSUER = 'https://issuer.test';
const AUDIENCE = 'waybill';
const KEY_ID = 'k1';
const LIFETIME_S = 3_600;

/** Claims of a token; `undefined` leaves one of the usual ones out. */
export type Claims = Readonly<Record<string, unknown>>;

/** A token issuer with a key of its own, so that tokens of any claims can be tried (`AUTH_MODE=jwks`). */
export class Issuer {
  private constructor(
    private readonly server: Server,
    private readonly key: CryptoKey,
  ) {}

  static async start(): Promise<Issuer> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA');
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'EdDSA', use: 'sig' }] });
    const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(keys));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Issuer(server, privateKey);
  }

  get environment(): Environment {
    const { port } = this.server.address() as AddressInfo;
    return {
      AUTH_MODE: 'jwks',
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    };
  }

  /** @param key another key than the published one */
  async sign(claims: Claims, header: Partial<JWTHeaderParameters> = {}, key = this.key): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const usual = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + LIFETIME_S };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: KEY_ID, ...header })
      .sign(key);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}
