import ts from 'typescript';
import { expectNone, read } from './source-tree.js';
import { decorationsOf, syntaxOf, textOf, type Decoration } from './syntax-tree.js';

const BODY = 'src/contexts/ordering/api/order-body.ts';
const CONTROLLER = 'src/contexts/ordering/api/drafts.controller.ts';
const METHODS = ['Get', 'Post', 'Put', 'Patch', 'Delete'];

/** The actions of an order's body: `{ name: 'place', path: '/place', roles: ['customer', …] }`. */
const actions = [...read(BODY).matchAll(/\{\s*name: '([^']+)',\s*path: '([^']*)',\s*roles: \[([^\]]*)\],?\s*\}/g)].map(
  ([, name, path, roles]) => ({ name: name!, path: path!, roles: rolesIn(roles!) }),
);

const routes = syntaxOf(CONTROLLER)
  .statements.filter(ts.isClassDeclaration)
  .flatMap((controller) => {
    const ofClass = rolesOf(decorationsOf(controller));
    return controller.members.flatMap((member) => {
      const decorations = decorationsOf(member);
      const route = decorations.find(({ name }) => METHODS.includes(name));
      return route === undefined ? [] : [{ path: textOf(route.args[0]) ?? '', roles: rolesOf(decorations) ?? ofClass }];
    });
  });

describe('the actions that an order lists', () => {
  it('are shown to the roles that may call their routes, and to no others', () => {
    expect(actions.length).toBeGreaterThanOrEqual(7);
    const wrong = actions.flatMap(({ name, path, roles }) => {
      const template = `:id${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      const found = routes.filter((route) => route.path === template);
      if (found.length !== 1) return [`${name}: ${found.length} routes have the path ${template}`];
      const allowed = found[0]!.roles ?? [];
      return allowed.join() === roles.join()
        ? []
        : [`${name} lists ${roles.join()}, its route allows ${allowed.join()}`];
    });
    expectNone(wrong, `Write in ACTIONS of ${BODY} the path and the roles that ${CONTROLLER} has.`);
  });

  it('have paths whose parameters can be filled in', () => {
    const known = /const PARTS[^]*?= \{([^]*?)\n\};/.exec(read(BODY))?.[1] ?? '';
    const named = actions.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
    expect(named.length).toBeGreaterThan(0);
    expectNone(
      named.filter((name) => !known.includes(`${name}: (`)),
      `Add it to PARTS of ${BODY}.`,
    );
  });
});

function rolesOf(decorations: readonly Decoration[]): string[] | undefined {
  const roles = decorations.find(({ name }) => name === 'Roles');
  return roles?.args.map((role) => textOf(role) ?? '(not written out)').toSorted();
}

function rolesIn(text: string): string[] {
  return [...text.matchAll(/'([^']+)'/g)].map(([, role]) => role!).toSorted();
}
