import ts from 'typescript';
import { basename } from 'node:path';
import { expectNone, filesIn, productionFiles, read } from './source-tree.js';
import { declaredIn, decorationsOf, nodesOf, syntaxOf } from './syntax-tree.js';

/** It spells out what it forbids. */
const THIS = 'test/architecture/shape.spec.ts';
const SAY_WHAT_IT_IS = 'Name it after what it is or does.';
const MAX_LINES = 300;
const MAX_PARAMETERS = 4;
/** Words that say nothing about what a thing is. */
const EMPTY_WORDS = new Set(['manager', 'helper', 'helpers', 'util', 'utils', 'common', 'base', 'info', 'impl', 'do']);

const code = [
  ...filesIn('src', '.ts'),
  ...filesIn('test', '.ts'),
  ...filesIn('scripts', '.mjs'),
  ...filesIn('bench', '.mjs'),
  ...filesIn('migrations', '.js'),
  ...filesIn('migrations/kernel/functions', '.sql'),
];
const specs = code.filter((path) => path.endsWith('spec.ts'));

it('there is code to look at', () => {
  expect(code.length).toBeGreaterThan(100);
  expect(specs.length).toBeGreaterThan(10);
});

describe('a file', () => {
  it(`has at most ${MAX_LINES} lines`, () => {
    const long = code.filter((path) => linesOf(path) > MAX_LINES).map((path) => `${path}: ${linesOf(path)}`);
    expectNone(long, 'Split it by what its parts are about.');
  });

  it('leaves nothing for later', () => {
    expectNone(matching(code, /\b(TODO|FIXME|XXX|HACK)\b/), 'Do it now, or open an issue.');
  });

  it('has a name in words that say something', () => {
    const empty = code.filter((path) => hasEmptyWord(basename(path).split('.')[0]!.split('-'), path));
    expectNone(empty, SAY_WHAT_IT_IS);
  });
});

describe('a function', () => {
  it(`has at most ${MAX_PARAMETERS} parameters; a constructor and a route take what they need`, () => {
    expectNone(productionFiles('src').flatMap(crowdedFunctionsIn), 'Take an object: its fields are names at the call.');
  });
});

describe('a class or interface', () => {
  it('has a name in words that say something', () => {
    const declared = productionFiles('src').flatMap(declaredIn);
    const empty = declared.filter(({ name, path }) => hasEmptyWord(wordsOf(name), path));
    expectNone(
      empty.map(({ path, name }) => `${path}: ${name}`),
      SAY_WHAT_IT_IS,
    );
  });
});

describe('a spec', () => {
  it('is never skipped', () => {
    expectNone(
      matching(specs, /\b(it|test|describe)\.(skip|todo|only)\b|\bx(it|describe)\(/),
      'Make it pass, or take it out.',
    );
  });

  it('waits for facts, never for time', () => {
    expectNone(
      matching(specs, /node:timers\/promises|new Promise[^;]{0,80}setTimeout/),
      'Await settled(), a position, or a condition.',
    );
  });

  it('replaces no database', () => {
    expectNone(
      matching(specs, /\b(pg-mem|jest\.mock|unstable_mockModule)\b/),
      'A fresh database costs 50 ms: use one.',
    );
  });
});

function matching(paths: readonly string[], pattern: RegExp): string[] {
  return paths.filter((path) => path !== THIS && pattern.test(read(path)));
}

const linesOf = (path: string): number => read(path).split('\n').length - 1;

const wordsOf = (name: string): string[] => name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());

function hasEmptyWord(words: readonly string[], path: string): boolean {
  const isFramework = /^src\/(kernel|platform)\//.test(path);
  return words.some((word) => EMPTY_WORDS.has(word) && !(isFramework && word === 'base'));
}

/** A route's parameters are named by their decorators, and no code of ours calls it. */
const isGivenByNest = (parameter: ts.ParameterDeclaration): boolean => decorationsOf(parameter).length > 0;

function crowdedFunctionsIn(path: string): string[] {
  return [...nodesOf(syntaxOf(path))]
    .filter((node): node is ts.FunctionLikeDeclaration => ts.isFunctionLike(node) && !ts.isConstructorDeclaration(node))
    .filter(({ parameters }) => parameters.length > MAX_PARAMETERS && !parameters.every(isGivenByNest))
    .map((node) => `${path}: ${node.name?.getText() ?? 'a function'} takes ${node.parameters.length}`);
}
