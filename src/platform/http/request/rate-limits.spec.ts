import { Body, Controller, Get, Post } from '@nestjs/common';
import { expectProblemResponse, HttpApp, type HttpResponse } from '../../testing/http-app.js';
import { Probe, Public } from '../routes/route.decorators.js';
import { MoneyBody, Roles, type Role } from '#app';

/** Requests per second; ten times that fit into one window of ten seconds. */
const LIMITS = {
  RATE_LIMITS: 'on',
  RATE_LIMIT_ANONYMOUS: '1',
  RATE_LIMIT_CUSTOMER: '2',
  RATE_LIMIT_CUSTOMER_COMMANDS: '1',
  RATE_LIMIT_STAFF: '3',
  RATE_LIMIT_STAFF_COMMANDS: '2',
  RATE_LIMIT_SERVICE: '0',
  TRUST_PROXY: '127.0.0.1',
};

let executed = 0;

@Controller('v1/things')
@Roles('customer', 'support', 'service')
class ThingsController {
  @Get()
  list(): object {
    executed += 1;
    return {};
  }

  @Post()
  make(@Body() body: MoneyBody): object {
    executed += 1;
    return body;
  }

  @Get('secret')
  @Roles('operator')
  secret(): object {
    return {};
  }
}

@Controller('health')
@Public()
@Probe()
class ProbesController {
  @Get('live')
  live(): object {
    return { status: 'live' };
  }
}

let http: HttpApp;
let callers = 0;

beforeAll(async () => void (http = await HttpApp.with([ThingsController, ProbesController], LIMITS)));
afterAll(() => http.app.close());
beforeEach(() => void (executed = 0));

/** Each has quotas of its own, so that the specs don't count for each other. */
async function someone(...roles: Role[]): Promise<Record<string, string>> {
  callers += 1;
  return { authorization: `Bearer ${await http.tokenOf(`caller-${callers}`, ...roles)}` };
}

function somewhere(): Record<string, string> {
  callers += 1;
  return { 'x-forwarded-for': `192.0.2.${callers}` };
}

const PAY = { amount: 1, currency: 'EUR' };

async function times(count: number, send: () => Promise<HttpResponse>): Promise<HttpResponse[]> {
  const answers: HttpResponse[] = [];
  for (let sent = 0; sent < count; sent += 1) answers.push(await send());
  return answers;
}

const get =
  (path: string, headers: Record<string, string>): (() => Promise<HttpResponse>) =>
  () =>
    http.send('GET', path, { headers });

describe('a principal', () => {
  it('is refused beyond the limit with 429 and when to go on, and nothing is executed', async () => {
    const headers = await someone('customer');
    const answers = await times(21, get('/v1/things', headers));
    expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const last = answers.at(-1)!;
    expectProblemResponse(last, 429, 'rate-limited');
    expect(executed).toBe(20);
    expect(Number(last.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(last.headers['retry-after'])).toBeLessThanOrEqual(10);
    expect(last.body).toMatchObject({ retryable: true });
  });

  it('is told the limit and what is left of it with each answer', async () => {
    const headers = await someone('customer');
    const [first, second] = await times(2, get('/v1/things', headers));
    expect(first!.headers).toMatchObject({
      'ratelimit-policy': '"customer";q=20;w=10',
      ratelimit: '"customer";r=19;t=10',
    });
    expect(second!.headers['ratelimit']).toMatch(/^"customer";r=18;t=\d+$/);
    const command = await http.send('POST', '/v1/things', { headers, body: PAY });
    expect(command.headers['ratelimit-policy']).toBe('"customer";q=20;w=10, "customer-commands";q=10;w=10');
    expect(command.headers['ratelimit']).toMatch(/^"customer";r=17;t=\d+, "customer-commands";r=9;t=\d+$/);
  });

  it('has a limit of its own for what changes something, and may read on beyond it', async () => {
    const headers = await someone('customer');
    const answers = await times(11, () => http.send('POST', '/v1/things', { headers, body: PAY }));
    expect([answers.at(-2)!.status, answers.at(-1)!.status]).toEqual([201, 429]);
    expect((await get('/v1/things', headers)()).status).toBe(200);
  });

  it('is refused before its body is read', async () => {
    const headers = await someone('customer');
    await times(10, () => http.send('POST', '/v1/things', { headers, body: PAY }));
    expectProblemResponse(await http.send('POST', '/v1/things', { headers, body: '{' }), 429, 'rate-limited');
  });

  it('does not use up anybody else’s limit', async () => {
    const [eve, bob] = [await someone('customer'), await someone('customer')];
    await times(21, get('/v1/things', eve));
    expect((await get('/v1/things', bob)()).status).toBe(200);
  });

  it.each<[Role[], number]>([
    [['support'], 30],
    [['customer', 'support'], 30],
    [[], 20],
  ])('has the most generous limit of its roles: %j', async (roles, quota) => {
    const answer = await get('/v1/things', await someone(...roles))();
    expect(answer.headers['ratelimit-policy']).toContain(`;q=${quota};`);
  });

  it.each<[Role[]]>([[['service']], [['customer', 'service']]])('has none as a service: %j', async (roles) => {
    const answers = await times(60, get('/v1/things', await someone(...roles)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]!.headers['ratelimit-policy']).toBeUndefined();
  });

  it('uses its limit up with what it may not do', async () => {
    const headers = await someone('customer');
    await times(20, get('/v1/things/secret', headers));
    expectProblemResponse(await get('/v1/things', headers)(), 429, 'rate-limited');
  });
});

describe('an address', () => {
  it.each<[string, string, Record<string, string>, number]>([
    ['public routes', '/openapi.json', {}, 200],
    ['routes that need a token', '/v1/things', {}, 401],
    ['bad tokens', '/v1/things', { authorization: 'Bearer nonsense' }, 401],
    ['paths that are not there', '/nope', {}, 404],
  ])('has a limit for %s', async (_what, path, headers, status) => {
    const answers = await times(11, get(path, { ...somewhere(), ...headers }));
    expect(answers.slice(0, 10).map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => status));
    expectProblemResponse(answers.at(-1)!, 429, 'rate-limited');
    expect(answers.at(-1)!.headers['ratelimit']).toMatch(/^"anonymous";r=0;t=\d+$/);
  });

  it('has a limit for wrong methods, and is another one behind a trusted proxy', async () => {
    const headers = somewhere();
    const answers = await times(11, () => http.send('DELETE', '/v1/things', { headers }));
    expect([answers[0]!.status, answers.at(-1)!.status]).toEqual([405, 429]);
    expect((await http.send('DELETE', '/v1/things', { headers: somewhere() })).status).toBe(405);
  });

  it('keeps nobody with a valid token out who shares it', async () => {
    const headers = { ...(await someone('customer')), ...somewhere() };
    await times(11, get('/nope', { 'x-forwarded-for': headers['x-forwarded-for']! }));
    expect((await get('/v1/things', headers)()).status).toBe(200);
  });

  it('is one network of IPv6, whose addresses are one client’s', async () => {
    const from = (host: number): Record<string, string> => ({ 'x-forwarded-for': `2001:db8::${host}` });
    for (let host = 1; host <= 10; host += 1) await get('/nope', from(host))();
    expect((await get('/nope', from(11))()).status).toBe(429);
    expect((await get('/nope', { 'x-forwarded-for': '2001:db8:0:1::1' })()).status).toBe(404);
  });

  it('gets an answer to every health probe', async () => {
    const answers = await times(40, get('/health/live', somewhere()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

it('RATE_LIMITS=off limits nobody', async () => {
  const unlimited = await HttpApp.with([ThingsController], { ...LIMITS, RATE_LIMITS: 'off' });
  const answers = await times(40, () => unlimited.send('GET', '/nope'));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  expect(answers[0]!.headers['ratelimit-policy']).toBeUndefined();
  await unlimited.app.close();
});
