import { configurationOf } from '#config';
import { HttpApp, expectProblemResponse } from '../../testing/http-app.js';
import { OpenController } from '../../testing/http-baskets.js';
import { DevHosts } from './dev-hosts.js';

const TOKEN = { subject: 'x', roles: ['admin'] };
const JWKS = { AUTH_JWKS_URL: 'https://id.test/keys', AUTH_ISSUER: 'https://id.test', AUTH_AUDIENCE: 'waybill' };

function refusalOf(host: string | undefined, environment: Record<string, string> = {}): string | undefined {
  try {
    new DevHosts(configurationOf(environment)).assertKnown(host);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('in development the server', () => {
  it.each([
    ['localhost', {}],
    ['LocalHost:3000', {}],
    ['127.0.0.1:3911', {}],
    ['[::1]:3000', {}],
    ['orders.test', { PUBLIC_URL: 'https://orders.test/api' }],
    ['orders.test:8443', { PUBLIC_URL: 'https://orders.test' }],
    ['192.168.1.5:3000', { HOST: '192.168.1.5' }],
    ['[fd00::5]', { HOST: 'fd00::5' }],
    [undefined, {}],
  ])('answers under the Host %s with %j', (host, environment) => {
    expect(refusalOf(host, environment)).toBeUndefined();
  });

  it.each([
    ['evil.example:3911', {}],
    ['localhost.evil.example', {}],
    ['localhost@evil.example', {}],
    ['evil.example/localhost', {}],
    ['127.0.0.1.evil.example', {}],
    ['0.0.0.0', {}],
    ['', {}],
    ['a b', {}],
    ['evil.example', { PUBLIC_URL: 'https://orders.test/evil.example' }],
    ['evil.example', { HOST: '0.0.0.0' }],
  ])('answers nothing under the Host %j with %j', (host, environment) => {
    expect(refusalOf(host, environment)).toBe('host-not-allowed');
  });

  it('gives no token to a page whose name was made to lead here, and doesn’t answer its other requests either', async () => {
    const http = await HttpApp.with([OpenController]);
    const headers = { host: 'evil.example:3911', origin: 'http://evil.example:3911' };
    expectProblemResponse(await http.send('POST', '/v1/dev/tokens', { headers, body: TOKEN }), 421, 'host-not-allowed');
    for (const path of ['/v1/open', '/openapi.json', '/nowhere'])
      expectProblemResponse(await http.send('GET', path, { headers }), 421, 'host-not-allowed');
    expect((await http.send('POST', '/v1/dev/tokens', { body: TOKEN })).status).toBe(201);
    await http.app.close();
  });
});

describe('with tokens of an issuer the server', () => {
  it('answers under any Host', () => {
    expect(refusalOf('evil.example', JWKS)).toBeUndefined();
    expect(refusalOf('evil.example', { ...JWKS, AUTH_MODE: 'dev' })).toBe('host-not-allowed');
  });
});
