import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import ts from 'typescript';
import { exists, expectNone, filesIn, productionFiles, read } from './source-tree.js';
import { declaredIn, syntaxOf, textAt, textOf } from './syntax-tree.js';

/** `<projection> <event>`: events of its context that a projection passes over on purpose. */
const NOT_FOLDED: readonly string[] = [];
/** Each version of each projection with a hash of the code that folds it, one a line. */
const FOLDS = 'test/architecture/projection-folds.txt';
const SHARED = 'src/shared/index.ts';

const projections = productionFiles('src/contexts').flatMap((path) =>
  declaredIn(path).flatMap(({ decorations }) =>
    decorations
      .filter(({ name }) => name === 'Projection')
      .map(({ args }) => ({ path, name: textAt(args[0], 'name')!, version: textAt(args[0], 'version')! })),
  ),
);

const listed = read(FOLDS)
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('the fold of a projection', () => {
  it('gets a new version when its code changes', () => {
    expect(projections.length).toBeGreaterThanOrEqual(6);
    const lines = projections.map(({ path, name, version }) => `${name} ${version} ${hashOf(path)}`);
    expectNone(
      lines.filter((line) => !listed.includes(line)),
      `These projections are new, or their code or the columns of their views have changed. If the same events give other rows, raise \`version\` in @Projection, so that the view is rebuilt. Then write these lines into ${FOLDS}.`,
    );
    expectNone(
      listed.filter((line) => !lines.includes(line)),
      `Remove these lines from ${FOLDS}: no projection folds like this any more.`,
    );
  });

  it('is hashed without comments and layout, and with the code that it calls', () => {
    const text = (source: string): string => bare(ts.createSourceFile('x.ts', source, ts.ScriptTarget.ES2023, true));
    expect(text('const a = 1; // one')).toBe(text('/** One. */\nconst a =\n  1;'));
    expect(text('const a = 1;')).not.toBe(text('const a = 2;'));
    expect(codeOf('src/contexts/ordering/views/order-search/order-search.projection.ts')).toEqual(
      expect.arrayContaining([
        'src/contexts/ordering/views/order-search/order-search.view.ts',
        'src/shared/search-text.ts',
      ]),
    );
  });
});

describe('an event of a context', () => {
  it('is folded by each projection of the context', () => {
    const missing = projections.flatMap(({ path, name }) => {
      const folded = eventsFoldedIn(path);
      return eventsOf(path.split('/')[2]!)
        .filter((event) => !folded.has(event))
        .map((event) => `${name} ${event}`);
    });
    expect(eventsOf('ordering').length).toBeGreaterThanOrEqual(9);
    expectNone(
      missing.filter((line) => !NOT_FOLDED.includes(line)),
      'Add an @On method for the event to the projection, or, if its rows stay as they are, the line to NOT_FOLDED of this spec. ' +
        'A fold for a new event alone needs no new version of the projection: there are no rows of such events yet.',
    );
  });
});

function eventsOf(context: string): string[] {
  return filesIn(`src/contexts/${context}/contracts`, '.events.ts').flatMap((path) =>
    declaredIn(path)
      .filter(({ decorations }) => decorations.some(({ name }) => name === 'DurableEvent'))
      .map(({ name }) => name),
  );
}

function eventsFoldedIn(path: string): Set<string> {
  return new Set([...read(path).matchAll(/@On\((\w+)\)/g)].map(([, event]) => event!));
}

function hashOf(path: string): string {
  const hash = createHash('sha256');
  for (const file of codeOf(path)) hash.update(bare(syntaxOf(file)));
  return hash.digest('hex').slice(0, 16);
}

/** The file and what it imports of its context and of the shared values; not contracts, whose events have versions of their own. */
function codeOf(path: string): string[] {
  const found = new Set([path]);
  for (const file of found) {
    for (const imported of importsOf(file)) if (!imported.includes('/contracts/')) found.add(imported);
  }
  return [...found].toSorted();
}

function importsOf(file: string): string[] {
  return syntaxOf(file)
    .statements.filter(ts.isImportDeclaration)
    .flatMap((statement) => {
      const from = textOf(statement.moduleSpecifier) ?? '';
      if (from.startsWith('.')) return sourceOf(file, from);
      return from === '#shared' ? sharedFilesOf(statement) : [];
    });
}

function sourceOf(file: string, from: string): string[] {
  const path = posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts');
  return exists(path) ? [path] : [];
}

/** The files of src/shared that export what the statement imports. */
function sharedFilesOf({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
  const names = new Set(bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text));
  return syntaxOf(SHARED)
    .statements.filter(ts.isExportDeclaration)
    .filter(
      ({ exportClause }) =>
        exportClause === undefined ||
        (ts.isNamedExports(exportClause) && exportClause.elements.some(({ name }) => names.has(name.text))),
    )
    .flatMap(({ moduleSpecifier }) => sourceOf(SHARED, textOf(moduleSpecifier) ?? ''));
}

/** The code without comments, layout, imports, and the version that stands in the list beside the hash. */
function bare(file: ts.SourceFile): string {
  const printer = ts.createPrinter({ removeComments: true });
  return file.statements
    .filter((statement) => !ts.isImportDeclaration(statement))
    .map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, file))
    .join('\n')
    .replaceAll(/\s+/g, ' ')
    .replace(/(@Projection\(\{[^}]*version: )\d+/, '$1');
}
