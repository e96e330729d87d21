import { chaos, type Seeded } from '../support/seed.js';
import { ROLES } from '#app';
import { wrongIn } from './oracle.js';
import type { ApiRoute } from './routes.js';
import { Shop, type Ownership } from './shop.js';
import { Target, type Sent } from './target.js';
import { attackMs, VALUES, withField } from './values.js';

const OWNERSHIPS: readonly Ownership[] = ['own', 'foreign', 'absent', 'malformed'];
const HEADERS: readonly (readonly [string, string])[] = [
  ['if-match', '*'],
  ['if-match', 'W/"1"'],
  ['if-match', '"99999999999999999999"'],
  ['if-none-match', '*'],
  ['idempotency-key', 'k'],
  ['idempotency-key', '"'.repeat(300)],
  ['prefer', 'respond-async, wait=1'],
  ['prefer', 'handling=strict; wait=99999999999'],
  ['consistency-token', 'AAAA'],
  ['accept', 'text/html;q=0'],
  ['accept-encoding', 'br, *;q=0'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-encoding', 'gzip'],
  ['x-forwarded-for', '127.0.0.1, ::1'],
  ['x-forwarded-host', 'evil.test'],
  ['x-http-method-override', 'DELETE'],
  ['x-request-id', 'x'.repeat(2_000)],
  ['traceparent', '00-zz-zz-01'],
  ['range', 'bytes=0-1'],
  ['expect', '200-ok'],
  ['origin', 'https://evil.test'],
];

const TEXTS = VALUES.filter((value) => typeof value !== 'object');

let target: Target;
let shop: Shop;
beforeAll(async () => {
  target = await Target.start(import.meta.url);
  shop = await Shop.open(target);
}, 120_000);
afterAll(() => target.stop(), 60_000);

interface Attempt {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly sent: Sent;
  /** A customer, and what belongs to another one. */
  readonly isForeign: boolean;
}

async function attempt(seed: Seeded): Promise<Attempt> {
  const route = seed.oneOf(target.routes);
  const ownership = seed.oneOf(OWNERSHIPS);
  const roles = seed.chance(0.5) ? ['customer'] : ROLES.filter(() => seed.chance(0.3));
  const path = `${await shop.pathFor(route, ownership)}${queryOf(route, seed)}`;
  const headers = { ...shop.headersFor(route), ...(seed.chance(0.4) ? Object.fromEntries([seed.oneOf(HEADERS)]) : {}) };
  const token = seed.chance(0.05) ? undefined : await target.token('ada', ...roles);
  const isCustomers = roles.length === 1 && roles[0] === 'customer';
  return {
    title: `${route.name}, ${ownership}, ${roles.join('+')}, ${JSON.stringify(headers).slice(0, 100)}`,
    method: route.method,
    path,
    sent: { token, headers, body: bodyOf(route, seed) },
    isForeign: isCustomers && ownership === 'foreign' && /^\/v1\/(orders|operations)\/\{/.test(route.template),
  };
}

function queryOf({ queryParameters }: ApiRoute, seed: Seeded): string {
  const chosen = queryParameters.filter(() => seed.chance(0.3));
  const text = (): string =>
    String(seed.oneOf(TEXTS))
      .slice(0, 500)
      .replaceAll(/[\ud800-\udfff]/gu, '');
  return chosen.length === 0 ? '' : `?${chosen.map((name) => `${name}=${encodeURIComponent(text())}`).join('&')}`;
}

function bodyOf(route: ApiRoute, seed: Seeded): unknown {
  const spoilt = route.fields.filter(() => seed.chance(1.5 / Math.max(1, route.fields.length)));
  return spoilt.reduce((body, field) => withField(body, field, seed.oneOf(VALUES)), shop.bodyFor(route));
}

it(
  'requests put together at random are answered by the rules, and never with what is another customer’s',
  async () => {
    const seed = chaos('requests at random');
    const found: string[] = [];
    let count = 0;
    for (const end = performance.now() + attackMs; performance.now() < end && found.length < 20; count += 1) {
      const { title, method, path, sent, isForeign } = await attempt(seed);
      const answer = await target.ask(method, path, sent);
      const wrong = wrongIn(answer, target.problems);
      if (isForeign && answer.status < 400) wrong.push(`${answer.status} for a foreign object`);
      found.push(...wrong.map((what) => `${title}: ${what}`));
    }
    process.stderr.write(`${count} requests at random\n`);
    expect(found).toEqual([]);
    expect(target.output).not.toMatch(/ERROR/);
  },
  attackMs + 60_000,
);
