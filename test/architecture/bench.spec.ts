import { exists, expectNone, filesIn, read } from './source-tree.js';

/** The bench imports built files late, so neither the compiler nor `boundaries` sees what it names. */
it('the bench names only built files that have a source', () => {
  const named = filesIn('bench', '.mjs').flatMap((path) =>
    [...read(path).matchAll(/built\('([^']+)\.js'\)/g)].map(([, file]) => `src/${file}.ts`),
  );
  expect(named.length).toBeGreaterThan(5);
  expectNone(
    named.filter((path) => !exists(path)),
    'Name the file as it is called now, then run: npm run bench -- --quick',
  );
});
