import ts from 'typescript';
import { expectNone, productionFiles } from './source-tree.js';
import { declaredIn, nodesOf, syntaxOf, textAt, type Declared } from './syntax-tree.js';

const declared = productionFiles('src').flatMap(declaredIn);
const refusals = descendantsOf(['Refusal']).filter(({ constants }) => constants['code'] !== undefined);
const problems = productionFiles('src').flatMap(problemsDefinedIn);

describe('a refusal', () => {
  it('has a code of its own', () => {
    expect(refusals.length).toBeGreaterThanOrEqual(5);
    const codes = refusals.map(codeOf);
    expectNone(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      'Clients branch on the code: each stands for one thing, in one place.',
    );
  });

  it('has a code that begins with its context', () => {
    const strays = refusals
      .filter(({ path }) => path.startsWith('src/contexts/'))
      .filter((refusal) => !codeOf(refusal).startsWith(`${refusal.path.split('/')[2]}.`));
    expectNone(strays.map(described), 'Name it <context>.<what-in-kebab>.');
  });

  it('is mapped to an HTTP status', () => {
    const mapped = new Set(problems.map(({ code }) => code));
    const missing = refusals.filter((refusal) => !mapped.has(codeOf(refusal)));
    expectNone(
      missing.map(described),
      'Add it to defineProblems in api/<context>.problems.ts, with a status and a way out.',
    );
  });
});

describe('a problem', () => {
  it('is defined once', () => {
    const codes = problems.map(({ code }) => code);
    expectNone(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      'Clients branch on the code: each stands for one thing, in one place.',
    );
  });

  it('has a 4xx or 5xx status', () => {
    expect(problems.filter(({ status }) => !(status >= 400 && status < 600))).toEqual([]);
  });

  it('of a context is one that the context raises', () => {
    const raised = new Set(refusals.map(codeOf));
    const dead = problems.filter(({ path, code }) => path.startsWith('src/contexts/') && !raised.has(code));
    expectNone(
      dead.map(({ path, code }) => `${path}: ${code}`),
      'No refusal has this code: take the line away.',
    );
  });
});

function codeOf({ constants }: Declared): string {
  return constants['code'] ?? '';
}

function described(refusal: Declared): string {
  return `${refusal.path}: ${codeOf(refusal)}`;
}

function descendantsOf(parents: readonly string[]): Declared[] {
  const children = declared.filter(({ superclass }) => superclass !== undefined && parents.includes(superclass));
  return children.length === 0 ? [] : [...children, ...descendantsOf(children.map(({ name }) => name))];
}

function problemsDefinedIn(path: string): { path: string; code: string; status: number }[] {
  return [...nodesOf(syntaxOf(path))]
    .filter(ts.isCallExpression)
    .filter(({ expression }) => expression.getText() === 'defineProblems')
    .flatMap(({ arguments: [table] }) => (table && ts.isObjectLiteralExpression(table) ? [...table.properties] : []))
    .filter(ts.isPropertyAssignment)
    .map(({ name, initializer }) => ({
      path,
      code: name.getText().replace(/['"]/g, ''),
      status: Number(textAt(initializer, 'status')),
    }));
}
