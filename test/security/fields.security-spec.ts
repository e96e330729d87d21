import { wrongIn } from './oracle.js';
import type { ApiRoute } from './routes.js';
import { Shop } from './shop.js';
import { Target, type Answer } from './target.js';
import { BROKEN_BODIES, isLong, VALUES, withField } from './values.js';

const TIMEOUT_MS = isLong ? 1_200_000 : 120_000;

let target: Target;
let shop: Shop;
beforeAll(async () => {
  target = await Target.start(import.meta.url);
  shop = await Shop.open(target);
}, 120_000);
afterAll(() => target.stop(), 60_000);

/** A caller whom every field of the route is open to. */
function tokenFor({ roles }: ApiRoute): Promise<string> | undefined {
  const role = ['service', 'support', 'operator', 'manager', 'customer'].find((each) => roles.includes(each));
  return role === undefined ? undefined : target.token('ada', role);
}

interface Try {
  readonly title: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Answers of a route to tries, one after the other: none is a 5xx or against the rules, and nothing refused is stored. */
async function foundBy(route: ApiRoute, tries: readonly Try[]): Promise<string[]> {
  const token = await tokenFor(route);
  const found: string[] = [];
  const before = await target.events();
  let taken = 0;
  for (const { title, path, body } of tries) {
    const answer: Answer = await target.ask(route.method, path, { token, headers: shop.headersFor(route), body });
    if (answer.status < 300) taken += 1;
    found.push(...wrongIn(answer, target.problems).map((wrong) => `${route.name}, ${title}: ${wrong}`));
  }
  const stored = (await target.events()) - before;
  // A command may store several events, so only the refused are told apart: nothing was taken, nothing is stored.
  if (taken === 0 && stored > 0) found.push(`${route.name}: ${stored} events of refused requests`);
  return found;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'left out').slice(0, 60);

it(
  'every field of every body takes a value or refuses it by the rules',
  async () => {
    const found: string[] = [];
    const routes = target.routes.filter(({ hasBody }) => hasBody);
    expect(routes.flatMap(({ fields }) => fields).length).toBeGreaterThan(80);
    for (const route of routes) {
      const path = await shop.pathFor(route, 'own');
      const tries = route.fields.flatMap((field) =>
        VALUES.map((value) => {
          const title = `${field.join('.')} = ${shown(value)}`;
          return { title, path, body: withField(shop.bodyFor(route), field, value) };
        }),
      );
      found.push(...(await foundBy(route, tries)));
    }
    expect(found).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'every query parameter takes a value or refuses it by the rules',
  async () => {
    const found: string[] = [];
    const routes = target.routes.filter(({ queryParameters }) => queryParameters.length > 0);
    expect(routes.length).toBeGreaterThan(5);
    for (const route of routes) {
      const path = await shop.pathFor(route, 'own');
      const tries = route.queryParameters.flatMap((name) =>
        VALUES.filter((value) => typeof value !== 'object').map((value) => {
          const text = String(value).slice(0, 4_000);
          return { title: `${name} = ${shown(text)}`, path: `${path}?${name}=${encoded(text)}` };
        }),
      );
      found.push(...(await foundBy(route, tries)));
    }
    expect(found).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'every route with a body refuses what is no JSON object by the rules, and stores nothing of it',
  async () => {
    const found: string[] = [];
    for (const route of target.routes.filter(({ hasBody }) => hasBody)) {
      const path = await shop.pathFor(route, 'own');
      found.push(
        ...(await foundBy(
          route,
          BROKEN_BODIES.map((body) => ({ title: shown(body), path, body })),
        )),
      );
    }
    expect(found).toEqual([]);
  },
  TIMEOUT_MS,
);

it('nothing that was tried is an error of the server', () => {
  expect(target.output).not.toMatch(/"level":(50|"error")|ERROR/);
});

/** As a URL may hold it: lone surrogates can't be encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/gu, '\ufffd'));
}
