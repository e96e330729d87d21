import '#app';
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { configurationOf } from '#config';
import { Clock } from '../../../kernel/messages/clock.js';
import type { Secrets } from '../../../kernel/database/secrets.js';
import { DevTokens } from './dev-tokens.js';
import { TokenVerifier } from './token-verifier.js';

const NOW = new Date('2026-11-23T09:30:00Z');
const NOW_S = NOW.getTime() / 1_000;
const ISSUER = 'https://id.example.com';
const AUDIENCE = 'waybill';

class SetClock extends Clock {
  time = NOW;
  override now(): Date {
    return this.time;
  }
}

const clock = new SetClock();
const secrets = { get: () => Promise.resolve(Buffer.alloc(32, 7)) } as unknown as Secrets;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ed = generateKeyPairSync('ed25519');
const foreign = generateKeyPairSync('rsa', { modulusLength: 2_048 });

let server: Server;
let keys: readonly { readonly kid: string; readonly alg: string }[];
let fetches = 0;
/** What the issuer publishes. */
let published: readonly object[];
let verifier: TokenVerifier;

beforeAll(async () => {
  keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
    { ...(await exportJWK(ed.publicKey)), kid: 'ed', alg: 'EdDSA' },
  ];
  server = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  clock.time = NOW;
  fetches = 0;
  published = keys;
  verifier = jwksVerifier((server.address() as AddressInfo).port);
});

function jwksVerifier(port: number): TokenVerifier {
  const settings = configurationOf({
    AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
  });
  return new TokenVerifier(settings, new DevTokens(secrets, clock), clock);
}

interface Claims {
  header?: Record<string, unknown>;
  payload?: Record<string, unknown>;
  key?: KeyObject;
}

function token({ header = {}, payload = {}, key = rsa.privateKey }: Claims = {}): Promise<string> {
  const claims = {
    sub: 'ada',
    iss: ISSUER,
    aud: AUDIENCE,
    exp: NOW_S + 900,
    iat: NOW_S,
    roles: ['customer'],
    ...payload,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'rsa', typ: 'JWT', ...header }).sign(key);
}

async function outcomeOf(authorization: string | undefined): Promise<unknown> {
  try {
    return await verifier.identify(authorization);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  it('of either pinned algorithm proves who asks', async () => {
    const expected = {
      principal: { id: 'ada', roles: ['customer'] },
      tenant: 'default',
      actor: { type: 'customer', id: 'ada' },
      isOperator: false,
    };
    expect(await outcomeOf(`Bearer ${await token()}`)).toEqual(expected);
    const signed = await token({ header: { alg: 'EdDSA', kid: 'ed', typ: 'at+jwt' }, key: ed.privateKey });
    expect(await outcomeOf(`bearer ${signed}`)).toEqual(expected);
  });

  it.each([
    [['support', 'king'], ['support'], 'staff'],
    [['customer', 'service'], ['customer', 'service'], 'service'],
    [[], [], 'customer'],
  ])('with roles %j acts with %j as %s', async (roles, known, type) => {
    const identity = await outcomeOf(`Bearer ${await token({ payload: { roles, tenant: 'acme' } })}`);
    expect(identity).toMatchObject({ principal: { roles: known }, actor: { type }, tenant: 'acme' });
  });

  it('may be a minute late or early, as clocks differ', async () => {
    for (const payload of [{ exp: NOW_S - 59 }, { nbf: NOW_S + 59 }, { iat: NOW_S + 59 }]) {
      expect(await outcomeOf(`Bearer ${await token({ payload })}`)).toMatchObject({ tenant: 'default' });
    }
  });

  it.each<[string, Claims]>([
    ['of another issuer', { payload: { iss: 'https://evil.example.com' } }],
    ['without an issuer', { payload: { iss: undefined } }],
    ['for another audience', { payload: { aud: 'shop' } }],
    ['without an audience', { payload: { aud: undefined } }],
    ['that expired', { payload: { exp: NOW_S - 61 } }],
    ['that never expires', { payload: { exp: undefined } }],
    ['that expires as text', { payload: { exp: 'never' } }],
    ['not yet good', { payload: { nbf: NOW_S + 61 } }],
    ['from the future', { payload: { iat: NOW_S + 3_600 } }],
    ['of nobody', { payload: { sub: undefined } }],
    ['of somebody impossible', { payload: { sub: "a'; drop table" } }],
    ['of a number', { payload: { sub: 5 } }],
    ['with roles that are no list', { payload: { roles: 'admin' } }],
    ['with 10,000 roles', { payload: { roles: Array(10_000).fill('admin') } }],
    ['of an impossible tenant', { payload: { tenant: '../x' } }],
    ['of another kind', { header: { typ: 'logout+jwt' } }],
    ['signed by a stranger', { key: foreign.privateKey }],
    ['of an unknown key', { header: { kid: '../../etc/passwd' } }],
    ['of a key in SQL', { header: { kid: "' or 1=1 --" } }],
    ['of another pinned algorithm than its key', { header: { kid: 'ed' } }],
    ['of an algorithm that isn’t pinned', { header: { alg: 'PS256' } }],
    ['that brings a key', { header: { jwk: { kty: 'RSA' } } }],
  ])('%s is refused', async (_name, claims) => {
    expect(await outcomeOf(`Bearer ${await token(claims)}`)).toBe('unauthenticated');
  });

  it.each(['none', 'nOnE', ''])('with the algorithm %j is refused', async (alg) => {
    const body = (await token()).split('.')[1]!;
    expect(await outcomeOf(`Bearer ${segment({ alg, typ: 'JWT' })}.${body}.`)).toBe('unauthenticated');
  });

  it('signed with the public key as a password is refused', async () => {
    const body = `${segment({ alg: 'HS256', typ: 'JWT', kid: 'rsa' })}.${(await token()).split('.')[1]!}`;
    const pem = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' });
    expect(await outcomeOf(`Bearer ${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`)).toBe(
      'unauthenticated',
    );
  });

  it.each(['jku', 'x5u'])(
    'that names a place for its key by %s is refused, and nothing is fetched there',
    async (name) => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/evil`;
      expect(await outcomeOf(`Bearer ${await token({ header: { [name]: url } })}`)).toBe('unauthenticated');
      expect(fetches).toBe(1);
    },
  );

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a b',
    'Bearer a.b',
    'Bearer a.b.c',
    `Bearer ${'x'.repeat(9_000)}`,
  ])('is missing or none: %j', async (header) => {
    expect(await outcomeOf(header)).toBe('unauthenticated');
  });

  it('is verified once, and remembered only until it expires', async () => {
    const header = `Bearer ${await token()}`;
    await outcomeOf(header);
    expect(verifier.identify(header)).not.toBeInstanceOf(Promise);
    clock.time = new Date(NOW.getTime() + 961_000);
    expect(await outcomeOf(header)).toBe('unauthenticated');
  });

  it('whose key was withdrawn opens nothing once the issuer’s keys were read anew', async () => {
    const header = `Bearer ${await token({ payload: { exp: NOW_S + 10 * 365 * 86_400 } })}`;
    expect(await outcomeOf(header)).toMatchObject({ principal: { id: 'ada' } });
    published = keys.filter(({ kid }) => kid !== 'rsa');
    clock.time = new Date(NOW.getTime() + 11 * 60_000);
    // jose keeps a key set for ten minutes of the system's own clock.
    const systemClock = Date.now;
    Date.now = () => systemClock() + 11 * 60_000;
    const outcome = await outcomeOf(header);
    Date.now = systemClock;
    expect(outcome).toBe('unauthenticated');
  });

  it('can’t be checked while its issuer is out of reach, which is not the caller’s fault', async () => {
    verifier = jwksVerifier(1);
    expect(await outcomeOf(`Bearer ${await token()}`)).toBe('identity-provider-unavailable');
  });
});

describe('a dev token', () => {
  const devVerifier = (): TokenVerifier =>
    new TokenVerifier(configurationOf({ AUTH_MODE: 'dev' }), new DevTokens(secrets, clock), clock);

  it('survives restarts for twelve hours, because its key is in the database', async () => {
    const header = `Bearer ${await new DevTokens(secrets, clock).issue({ subject: 'ada', roles: ['manager'], tenant: 'acme' })}`;
    verifier = devVerifier();
    expect(await outcomeOf(header)).toMatchObject({ principal: { id: 'ada', roles: ['manager'] }, tenant: 'acme' });
    clock.time = new Date(NOW.getTime() + 12 * 3_600_000 + 61_000);
    expect(await outcomeOf(header)).toBe('unauthenticated');
  });

  it('isn’t accepted anywhere else', async () => {
    expect(
      await outcomeOf(`Bearer ${await new DevTokens(secrets, clock).issue({ subject: 'ada', roles: ['admin'] })}`),
    ).toBe('unauthenticated');
  });
});
