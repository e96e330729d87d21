import { randomUUID } from 'node:crypto';
import { visible, wrongIn } from './oracle.js';
import type { ApiRoute } from './routes.js';
import { Shop } from './shop.js';
import { Target, type Answer } from './target.js';

let target: Target;
let shop: Shop;
beforeAll(async () => {
  target = await Target.start(import.meta.url);
  shop = await Shop.open(target);
}, 120_000);
afterAll(() => target.stop(), 60_000);

/** Commands on an order that staff may execute on anybody's, and customers on their own. */
const commands = (): ApiRoute[] =>
  target.routes.filter(
    ({ method, template, roles }) =>
      method !== 'GET' &&
      template.startsWith('/v1/orders/{') &&
      roles.includes('support') &&
      roles.includes('customer'),
  );

interface Request {
  readonly route: ApiRoute;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

async function requestOf(route: ApiRoute, ownership: 'own' | 'foreign' | 'absent', more = {}): Promise<Request> {
  const path = await shop.pathFor(route, ownership);
  const headers = { ...shop.headersFor(route), 'idempotency-key': randomUUID(), ...more };
  return { route, path, body: shop.bodyFor(route), headers };
}

async function answerTo({ route, path, body, headers }: Request, ...roles: string[]): Promise<Answer> {
  const answer = await target.ask(route.method, path, { token: await target.token('ada', ...roles), body, headers });
  expect(wrongIn(answer, target.problems)).toEqual([]);
  return answer;
}

/** Whether an answer is the one for an order that there isn't. */
async function isAsForNone(route: ApiRoute, answer: Answer, path: string): Promise<boolean> {
  const none = await requestOf(route, 'absent');
  return answer.status === 404 && visible(answer, path) === visible(await answerTo(none, 'customer'), none.path);
}

it.each(['support', 'service', 'admin'])(
  'a key that somebody used as %s shows nothing of a foreign order to the same person as a customer',
  async (role) => {
    expect(commands().length).toBeGreaterThan(5);
    const found: unknown[] = [];
    for (const route of commands()) {
      const request = await requestOf(route, 'foreign');
      const first = await answerTo(request, role);
      expect([route.name, first.status < 300]).toEqual([route.name, true]);
      const again = await answerTo(request, 'customer');
      if (!(await isAsForNone(route, again, request.path))) found.push([route.name, again.status, again.text]);
    }
    expect(found).toEqual([]);
  },
  60_000,
);

it('a refusal that somebody got as support shows nothing of a foreign order to the same person as a customer', async () => {
  const found: unknown[] = [];
  for (const route of commands()) {
    const request = await requestOf(route, 'foreign', { 'if-match': '"2"' });
    const first = await answerTo(request, 'support');
    const again = await answerTo(request, 'customer');
    if (!(await isAsForNone(route, again, request.path)))
      found.push([route.name, first.status, again.status, again.text]);
  }
  expect(found).toEqual([]);
});

it('an operation that somebody asked for as support shows nothing of a foreign order to the same person as a customer', async () => {
  const found: unknown[] = [];
  for (const route of commands()) {
    const request = await requestOf(route, 'foreign', { prefer: 'respond-async' });
    const first = await answerTo(request, 'support');
    const again = await answerTo(request, 'customer');
    const operation = first.status === 202 ? first.headers.location! : undefined;
    if (again.status === 202 || (operation !== undefined && again.text.includes(operation.split('/').at(-1)!)))
      found.push([route.name, again.status, again.text]);
  }
  expect(found).toEqual([]);
});

it('a key answers again to whoever used it, with the same answer', async () => {
  const found: unknown[] = [];
  for (const route of commands()) {
    const request = await requestOf(route, 'own');
    const [first, again] = [await answerTo(request, 'customer'), await answerTo(request, 'customer')];
    const isReplay = again.headers['idempotent-replayed'] === 'true';
    if (!isReplay || first.status !== again.status || first.text !== again.text)
      found.push([route.name, first.status, again.status, again.text]);
  }
  expect(found).toEqual([]);
});

it('a key of one customer is another one’s own', async () => {
  const found: unknown[] = [];
  for (const route of commands()) {
    const request = await requestOf(route, 'own');
    await answerTo(request, 'customer');
    const token = await target.token('bob', 'customer');
    const answer = await target.ask(route.method, request.path, {
      token,
      body: request.body,
      headers: request.headers,
    });
    if (!(await isAsForNone(route, answer, request.path))) found.push([route.name, answer.status, answer.text]);
  }
  expect(found).toEqual([]);
});
