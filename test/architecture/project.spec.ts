import { contexts, exists, expectNone, filesIn, productionFiles, read } from './source-tree.js';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
}

interface ModuleMap {
  moduleMapPage(): Promise<string>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;

describe('the tree', () => {
  it.each([
    ['who places an order?', 'src/contexts/ordering/commands/place-order.command.ts'],
    ['when is it refused?', 'src/contexts/ordering/domain/order.ts'],
    ['what is the table behind GET /v1/orders?', 'src/contexts/ordering/views/order-search/'],
    ['which events of orders do other contexts get?', 'src/contexts/ordering/contracts/ordering.events.ts'],
    ['who answers GET /v1/products?', 'src/contexts/catalog/api/products.controller.ts'],
    ['where do the figures of GET /v1/reports/sales come from?', 'src/contexts/insights/views/sales-daily/'],
    ['how are events appended?', 'migrations/kernel/functions/commit.sql'],
    ['what does a command run through?', 'src/kernel/commands/'],
    ['what is a PostgreSQL error translated to?', 'src/kernel/database/errors.ts'],
    ['what can be configured?', 'src/config/schema.ts'],
    ['what if a process dies mid-step?', 'test/durability/'],
    ['which contexts are there?', 'src/app.module.ts'],
  ])('%s %s', (_question, path) => {
    const isThere = path.endsWith('/') ? filesIn(path.slice(0, -1)).length > 0 : exists(path);
    expectNone(isThere ? [] : [path], 'The tree promises that it is there: put it there, or change the promise.');
  });
});

describe('a context', () => {
  it.each(['README.md', 'docs/README.md'])('is listed in %s', (page) => {
    const listed = read(page);
    const missing = contexts().filter((context) => !listed.includes(`${context}/`) && !listed.includes(`[${context}]`));
    expectNone(missing, `Add a line for it to ${page}.`);
  });
});

describe('the documentation', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs', '.md'), ...filesIn('src', '.md')];

  it.each(pages)('%s names only scripts that package.json has', (page) => {
    const named = [...read(page).matchAll(/npm (?:run (?:-s )?([a-z][a-z0-9:-]*)|(start|test)\b)/g)].map(
      ([, run, short]) => run ?? short!,
    );
    const unknown = named.filter((script) => !(script in manifest.scripts));
    expectNone(unknown, 'Correct the page, or add the script to package.json.');
  });

  it.each(pages)('%s links to files that exist', (page) => {
    const folder = page.split('/').slice(0, -1).join('/');
    const links = [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link]) => link!);
    expectNone(
      links.filter((link) => !exists(`${folder}/${link}`)),
      'Correct the link.',
    );
  });

  it.each(pages)('%s shows code as it is in the file it names', (page) => {
    const shown = [...read(page).matchAll(/<!-- from (\S+) -->\n+```\w*\n([^]*?)```/g)];
    const stale = shown.filter(([, file, code]) => !exists(file!) || !shows(code!, read(file!)));
    expectNone(
      stale.map(([, file]) => file!),
      'Copy the lines from the file again; a line that says only `// …` stands for what is left out.',
    );
  });

  it('has a page for the whole, one for those who change it, and one for every decision', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'src/kernel/README.md']));
    expect(filesIn('docs/adr', '.md').length).toBeGreaterThanOrEqual(7);
  });
});

describe('the module map', () => {
  it('shows the imports as they are (else run: npm run docs)', async () => {
    const scripts = (await import(new URL('../../scripts/module-map.mjs', import.meta.url).href)) as ModuleMap;
    expect(read('docs/reference/module-map.md')).toBe(await scripts.moduleMapPage());
  }, 120_000);
});

describe('the lock file', () => {
  it('names no registry, so that it works with each', () => {
    expect(read('package-lock.json')).not.toContain('"resolved": "http');
  });
});

describe('a read view', () => {
  const tables = productionFiles('src/contexts').flatMap((path) =>
    [...read(path).matchAll(/@Entity\(\{([^}]*)\}\)/g)].map(([, options]) => ({
      path,
      schema: /schema: '([^']+)'/.exec(options!)?.[1],
      table: /name: '([^']+)'/.exec(options!)?.[1],
    })),
  );

  it('says its schema and its table', () => {
    expect(tables.length).toBeGreaterThanOrEqual(5);
    const unnamed = tables.filter(({ schema, table }) => schema === undefined || table === undefined);
    expectNone(
      unnamed.map(({ path }) => path),
      "Write @Entity({ schema: '…', name: '…' }).",
    );
  });

  it('has a table that the migrations of its context create', () => {
    const missing = tables.filter(({ path, schema, table }) => {
      const sql = filesIn(`migrations/${path.split('/')[2]}`, '.js')
        .map(read)
        .join('\n');
      return !new RegExp(`create\\s+(unlogged\\s+)?table\\s+(if not exists\\s+)?${schema}\\.${table}\\b`, 'i').test(
        sql,
      );
    });
    expectNone(
      missing.map(({ path, schema, table }) => `${path}: ${schema}.${table}`),
      'Create the table in a migration of the context.',
    );
  });
});

/** Whether every part of a snippet is in the file, whatever the indentation. */
function shows(snippet: string, file: string): boolean {
  const flat = (text: string): string => text.replaceAll(/^\s+/gm, '');
  return snippet.split(/^\s*\/\/ …\n/m).every((part) => flat(file).includes(flat(part)));
}
