import { Controller, Get } from '@nestjs/common';
import { expectProblemResponse, HttpApp, type HttpResponse } from '../../testing/http-app.js';
import { Public } from '../routes/route.decorators.js';

const ORIGIN = 'https://shop.example.com';
/** Requests per second of an address; ten times that fit into a window of ten seconds. */
const PER_SECOND = 2;

@Controller('v1/things')
@Public()
class ThingsController {
  @Get()
  all(): object {
    return {};
  }
}

let http: HttpApp;
beforeEach(async () => {
  const limits = { RATE_LIMITS: 'on', RATE_LIMIT_ANONYMOUS: String(PER_SECOND) };
  http = await HttpApp.with([ThingsController], { CORS_ORIGINS: ORIGIN, ...limits });
});
afterEach(() => http.app.close());

const preflight = (origin = ORIGIN, path = '/v1/things'): Promise<HttpResponse> =>
  http.send('OPTIONS', path, { headers: { origin, 'access-control-request-method': 'POST' } });

it('a script of an allowed origin may call the API and read what it answers', async () => {
  const asked = await preflight();
  expect(asked.status).toBe(204);
  expect(asked.headers).toMatchObject({
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-methods': expect.stringContaining('PATCH') as string,
    'access-control-max-age': '600',
  });
  const { headers } = await http.send('GET', '/v1/things', { headers: { origin: ORIGIN } });
  expect(headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' });
  expect(headers['access-control-expose-headers']).toContain('Consistency-Token');
});

it('a script of another origin may not', async () => {
  expect((await preflight('https://evil.example.com')).headers['access-control-allow-origin']).not.toBe(
    'https://evil.example.com',
  );
});

it('a preflight request counts to the rate limit of its address', async () => {
  for (let count = 0; count < PER_SECOND * 10; count += 1) expect((await preflight()).status).toBe(204);
  expectProblemResponse(await preflight(), 429, 'rate-limited');
});

it('OPTIONS that is no preflight request is refused as on any path', async () => {
  expectProblemResponse(await http.send('OPTIONS', '/v1/things'), 405, 'method-not-allowed');
  expectProblemResponse(await http.send('OPTIONS', '/nope'), 404, 'not-found');
});

it('a preflight request under a host that is not the server’s own is refused in development', async () => {
  const headers = { origin: ORIGIN, 'access-control-request-method': 'GET', host: 'evil.example.com' };
  expectProblemResponse(await http.send('OPTIONS', '/v1/things', { headers }), 421, 'host-not-allowed');
});
