import { ROLES } from '#app';
import type { Claims } from './issuer.js';
import { visible, wrongIn } from './oracle.js';
import type { ApiRoute } from './routes.js';
import { Shop, type Ownership } from './shop.js';
import { Target, type Answer } from './target.js';

const OWNERSHIPS: readonly Ownership[] = ['own', 'foreign', 'absent', 'malformed'];

interface Caller {
  readonly title: string;
  readonly claims: Claims | undefined;
  readonly roles: readonly string[];
}

const one = (role: string): Caller => ({ title: role, claims: { sub: 'ada', roles: [role] }, roles: [role] });
const CALLERS: readonly Caller[] = [
  { title: 'nobody', claims: undefined, roles: [] },
  { title: 'somebody without a role', claims: { sub: 'ada', roles: [] }, roles: [] },
  { title: 'somebody with an unknown role', claims: { sub: 'ada', roles: ['root', 'Customer', 'admin '] }, roles: [] },
  ...ROLES.map(one),
  {
    title: 'customer and warehouse',
    claims: { sub: 'ada', roles: ['customer', 'warehouse'] },
    roles: ['customer', 'warehouse'],
  },
];

let target: Target;
let shop: Shop;
let routes: readonly ApiRoute[];
beforeAll(async () => {
  target = await Target.start(import.meta.url);
  shop = await Shop.open(target);
  routes = target.routes;
}, 120_000);
afterAll(() => target.stop(), 60_000);

interface Asked {
  readonly path: string;
  readonly answer: Answer;
}

async function answerTo(route: ApiRoute, ownership: Ownership, claims: Claims | undefined): Promise<Asked> {
  const token = claims === undefined ? undefined : await target.tokenOf(claims);
  const path = await shop.pathFor(route, ownership);
  const sent = { token, headers: shop.headersFor(route), body: shop.bodyFor(route) };
  return { path, answer: await target.ask(route.method, path, sent) };
}

/** What a caller may be answered, by the roles of the route alone. */
function isAllowed(route: ApiRoute, { claims, roles }: Caller, { status }: Answer): boolean {
  if (route.roles.length === 0) return status < 500;
  if (claims === undefined) return status === 401;
  if (!route.roles.some((role) => roles.includes(role))) return status === 403;
  return status !== 401 && status !== 403;
}

const ownershipsOf = ({ pathParameters }: ApiRoute): readonly Ownership[] =>
  pathParameters.length === 0 ? ['own'] : OWNERSHIPS;

describe('every route', () => {
  it.each(CALLERS)(
    'lets $title do what its roles say, and answers by the rules whatever is named',
    async (caller) => {
      const found: string[] = [];
      for (const route of routes) {
        for (const ownership of ownershipsOf(route)) {
          const { answer } = await answerTo(route, ownership, caller.claims);
          const wrong = wrongIn(answer, target.problems);
          if (!isAllowed(route, caller, answer)) wrong.push(`${answer.status} ${String(answer.body['code'])}`);
          found.push(...wrong.map((what) => `${route.name}, ${ownership}: ${what}`));
        }
      }
      expect(found).toEqual([]);
    },
    60_000,
  );

  it('answers for an object of another customer as for none', async () => {
    const owned = routes.filter(({ template, roles }) => OWNED.test(template) && roles.includes('customer'));
    expect(owned.length).toBeGreaterThan(9);
    const found = await told(owned, 'foreign', { sub: 'ada', roles: ['customer'] });
    expect(found).toEqual([]);
  });

  it('answers in another tenant as if there were none of the objects of this one', async () => {
    const owned = routes.filter(({ template }) => TENANTS.test(template));
    expect(owned.length).toBeGreaterThan(15);
    for (const role of ROLES) {
      const theirs = owned.filter(({ roles }) => roles.includes(role));
      expect([role, await told(theirs, 'own', { sub: 'eve', roles: [role], tenant: 't2' })]).toEqual([role, []]);
    }
  });
});

/** The routes that answer otherwise for an object that the caller may not see than for none. */
async function told(of: readonly ApiRoute[], ownership: Ownership, claims: Claims): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const route of of) {
    const [hidden, absent] = [await answerTo(route, ownership, claims), await answerTo(route, 'absent', claims)];
    const seen = [hidden.answer, absent.answer].map(({ status }) => status);
    if (hidden.answer.status !== 404 || visible(hidden.answer, hidden.path) !== visible(absent.answer, absent.path))
      found.push([route.name, seen, hidden.answer.text, absent.answer.text]);
  }
  return found;
}

/** Objects that belong to one customer. */
const OWNED = /^\/v1\/(orders|operations)\/\{/;
/** Objects that belong to one tenant. */
const TENANTS = /^\/v1\/(orders|operations|customers|products)\/\{/;
