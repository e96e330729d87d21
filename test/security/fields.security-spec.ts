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

/** A request that a route takes, whose fields and parameters are spoilt one at a time. */
interface Sound {
  readonly token: string | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Routes of the operators that refuse even a sound request: there is no dead letter, and no subscription to restart or paused. */
const REFUSED: Readonly<Record<string, string>> = {
  'POST /ops/v1/subscriptions/{name}/partitions': 'repartition-refused',
  'POST /ops/v1/subscriptions/{name}/restart': 'restart-refused',
  'POST /ops/v1/dead-letters/{id}/discard': 'dead-letter-unknown',
  'POST /ops/v1/dead-letters/{id}/edit-and-retry': 'dead-letter-unknown',
};

/** Whose requests reach every field of the route: staff start orders for a customer, whom they name. */
const CALLERS = ['service', 'support', 'operator', 'manager', 'customer'];
const ONLY_OWNERS = ['GET /v1/operations/{id}', 'GET /v1/orders/{idOrNumber}/timeline'];
const FOR_A_CUSTOMER = ['POST /v1/orders', 'POST /v1/orders/drafts'];

async function soundRequest(route: ApiRoute): Promise<Sound> {
  const role = CALLERS.find((each) => route.roles.includes(each) && !ONLY_OWNERS.includes(route.name)) ?? 'customer';
  const token = route.roles.length === 0 ? undefined : await target.token('ada', role);
  const path = await shop.pathFor(route, 'own');
  const body = shop.bodyFor(route);
  return {
    token,
    path,
    headers: await shop.headersNow(route, path, token),
    body: FOR_A_CUSTOMER.includes(route.name) ? { ...(body as object), customerId: 'ada' } : body,
  };
}

interface Try {
  readonly title: string;
  readonly spoil: (sound: Sound) => Pick<Sound, 'path' | 'body'>;
}

const UNSPOILT: Try = { title: 'nothing spoilt', spoil: (sound) => sound };

/** Tries a route, one request after the other: no answer is a 5xx or against the rules, and nothing refused is stored. */
async function foundBy(route: ApiRoute, tries: readonly Try[]): Promise<string[]> {
  const found: string[] = [];
  const refused: Answer[] = [];
  let sound = await soundRequest(route);
  // The last one shows that no refusal before it was for the object's, the version's or the caller's sake.
  for (const { title, spoil } of [...tries, UNSPOILT]) {
    const answer = await target.ask(route.method, sound.path, { ...sound, ...spoil(sound) });
    found.push(...wrongIn(answer, target.problems).map((wrong) => `${route.name}, ${title}: ${wrong}`));
    if (answer.status < 300) sound = await soundRequest(route);
    else refused.push(answer);
    if (title === UNSPOILT.title && answer.status >= 300 && answer.body['code'] !== REFUSED[route.name])
      found.push(`${route.name}, ${title}: ${answer.text}`);
  }
  const stored = await target.eventsOf(refused);
  if (stored.length > 0) found.push(`${route.name}: events of refused requests: ${stored.join(', ')}`);
  return found;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'left out').slice(0, 60);

it('events of an accepted request are found by its request id', async () => {
  const route = target.routes.find(({ name }) => name === 'POST /v1/orders')!;
  const sound = await soundRequest(route);
  const answer = await target.ask('POST', sound.path, sound);
  expect(await target.eventsOf([answer])).toContain('ordering.order-placed');
});

it(
  'every field of every body takes a value or refuses it by the rules',
  async () => {
    const found: string[] = [];
    const routes = target.routes.filter(({ hasBody }) => hasBody);
    expect(routes.flatMap(({ fields }) => fields).length).toBeGreaterThan(80);
    for (const route of routes) {
      const tries = route.fields.flatMap((field) =>
        VALUES.map((value) => ({
          title: `${field.join('.')} = ${shown(value)}`,
          spoil: ({ path, body }: Sound) => ({ path, body: withField(body, field, value) }),
        })),
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
      const tries = route.queryParameters.flatMap((name) =>
        VALUES.filter((value) => typeof value !== 'object').map((value) => {
          const text = String(value).slice(0, 4_000);
          return {
            title: `${name} = ${shown(text)}`,
            spoil: ({ path, body }: Sound) => ({ path: `${path}?${name}=${encoded(text)}`, body }),
          };
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
      const tries = BROKEN_BODIES.map((body) => ({ title: shown(body), spoil: ({ path }: Sound) => ({ path, body }) }));
      found.push(...(await foundBy(route, tries)));
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
