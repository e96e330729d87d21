import { createSecretKey } from 'node:crypto';
import { generateKeyPair, SignJWT, type JWTHeaderParameters } from 'jose';
import type { Claims } from './issuer.js';
import { wrongIn } from './oracle.js';
import { Target } from './target.js';

const PATH = '/v1/orders?limit=1';
const ADA: Claims = { sub: 'ada', roles: ['customer'] };
const seconds = (ahead: number): number => Math.floor(Date.now() / 1_000) + ahead;

let target: Target;
beforeAll(async () => {
  target = await Target.start(import.meta.url);
}, 120_000);
afterAll(() => target.stop(), 60_000);

async function statusFor(token: string): Promise<number> {
  const answer = await target.ask('GET', PATH, { token });
  expect(wrongIn(answer, target.problems)).toEqual([]);
  return answer.status;
}

it('a token of the issuer opens what its roles open', async () => {
  expect(await statusFor(await target.sign(ADA))).toBe(200);
});

it.each<[string, Claims]>([
  ['that has expired', { exp: seconds(-120) }],
  ['without an end', { exp: undefined }],
  ['with an end that is text', { exp: '9999999999' }],
  ['that is not good yet', { nbf: seconds(600) }],
  ['of another issuer', { iss: 'https://other.test' }],
  ['for another audience', { aud: 'other' }],
  ['for several audiences, none of them this one', { aud: ['a', 'b'] }],
  ['without an issuer', { iss: undefined }],
  ['without an audience', { aud: undefined }],
  ['without a subject', { sub: undefined }],
  ['with an empty subject', { sub: '' }],
  ['with a subject that is a number', { sub: 7 }],
  ['with a subject of other characters', { sub: "ada' OR 1=1" }],
  ['with a subject that is too long', { sub: 'a'.repeat(129) }],
  ['with roles that are text', { roles: 'admin' }],
  ['with roles that are an object', { roles: { 0: 'admin', length: 1 } }],
  ['with too many roles', { roles: Array.from({ length: 33 }, () => 'customer') }],
  ['with a tenant that is a list', { tenant: ['default'] }],
  ['with a tenant of other characters', { tenant: 'default/../other' }],
])('a token %s is refused', async (_, claims) => {
  expect(await statusFor(await target.sign({ ...ADA, ...claims }))).toBe(401);
});

it.each<[string, Partial<JWTHeaderParameters>]>([
  ['of another type', { typ: 'dpop+jwt' }],
  ['that names an unknown key', { kid: 'k2' }],
  ['that says where its key is', { jku: 'http://127.0.0.1:9/keys' }],
  ['that brings its key', { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } }],
  ['that brings a certificate', { x5u: 'http://127.0.0.1:9/cert' }],
])('a token %s is refused', async (_, header) => {
  expect(await statusFor(await target.sign(ADA, header))).toBe(401);
});

it('a token that is signed by another key of the same name is refused', async () => {
  const { privateKey } = await generateKeyPair('EdDSA');
  expect(await statusFor(await target.sign(ADA, {}, privateKey))).toBe(401);
});

it('a token that is signed by a shared secret is refused', async () => {
  const key = createSecretKey(Buffer.from('waybill'.repeat(8)));
  const claims = { ...ADA, iss: 'https://issuer.test', aud: 'waybill', exp: seconds(600) };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'JWT' }).sign(key);
  expect(await statusFor(token)).toBe(401);
});

it.each([
  ['without a signature', (token: string) => `${token.split('.').slice(0, 2).join('.')}.`],
  ['of algorithm none', (token: string) => `${encoded({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1]!}.`],
  ['whose claims were changed', (token: string) => spliced(token, { sub: 'ada', roles: ['admin'] })],
  ['that is cut off', (token: string) => token.slice(0, -1)],
  ['of two parts more', (token: string) => `${token}.a.b`],
  ['that is 9,000 characters long', () => 'a'.repeat(9_000)],
])('a token %s is refused', async (_, spoilt) => {
  expect(await statusFor(spoilt(await target.sign(ADA)))).toBe(401);
});

it('a token is refused once it has expired, also when it was taken before', async () => {
  // The leeway for clocks is 60 s: good for two more seconds.
  const token = await target.sign({ ...ADA, exp: seconds(-58) });
  expect(await statusFor(token)).toBe(200);
  let status = 200;
  for (const giveUpAt = Date.now() + 20_000; status === 200 && Date.now() < giveUpAt;) status = await statusFor(token);
  expect(status).toBe(401);
}, 30_000);

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function spliced(token: string, claims: Claims): string {
  const [header, , signature] = token.split('.');
  return `${header!}.${encoded({ ...claims, iss: 'https://issuer.test', aud: 'waybill', exp: seconds(600) })}.${signature!}`;
}
