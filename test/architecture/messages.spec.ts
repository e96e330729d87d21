import { contexts, exists, expectNone, productionFiles, read } from './source-tree.js';
import { declaredIn, type Declared } from './syntax-tree.js';

/** What JSON can't carry, or what says nothing. A Date is a string in a message, a bigint a safe integer or a string. */
const UNSAFE_TYPE = /\b(Date|bigint|Map|Set|Buffer|Uint8Array|symbol|any|Function|Promise|Error)\b|=>/;

const contracts = productionFiles('src/contexts').filter((path) => path.split('/')[3] === 'contracts');
const published = contracts.flatMap(declaredIn).filter(({ isExported }) => isExported);
const publishedBy = (context: string): string[] =>
  published
    .filter(
      ({ path, kind, superclass }) =>
        path.startsWith(`src/contexts/${context}/`) && kind === 'class' && superclass !== 'Refusal',
    )
    .map(({ name }) => name)
    .toSorted();

describe('a message in contracts/', () => {
  it('exists', () => {
    expect(published.length).toBeGreaterThanOrEqual(10);
  });

  it('has readonly fields only', () => {
    expectNone(
      faultyFields(({ isReadonly }) => !isReadonly),
      'A message is a fact or a wish: write readonly before the field.',
    );
  });

  it('has fields that JSON carries unchanged', () => {
    expectNone(
      faultyFields(({ type }) => type === '' || UNSAFE_TYPE.test(type)),
      'Carry it as a string, a safe integer, or a plain object.',
    );
  });
});

describe('the README of a context', () => {
  it.each(contexts())('%s: is there', (context) => {
    const page = `src/contexts/${context}/README.md`;
    expectNone(exists(page) ? [] : [page], 'Write one page: its words, its messages in and out, its promises.');
  });

  const publishing = contexts().filter((context) => publishedBy(context).length > 0);

  it.each(publishing)('%s: names, under "## Messages", exactly the messages of its contracts', (context) => {
    const own = publishedBy(context);
    const foreign = new Set(
      contexts()
        .filter((other) => other !== context)
        .flatMap(publishedBy),
    );
    const named = namesUnder('## Messages', read(`src/contexts/${context}/README.md`));

    expect(named.filter((name) => !foreign.has(name)).toSorted()).toEqual(own);
  });
});

it('the kernel has a README', () => {
  expect(exists('src/kernel/README.md')).toBe(true);
});

/** The class names in backticks under one heading. */
function namesUnder(heading: string, markdown: string): string[] {
  const section = markdown.split(/^(?=## )/m).find((part) => part.startsWith(heading)) ?? '';
  return [...new Set([...section.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name!))];
}

function faultyFields(isFaulty: (field: Declared['fields'][number]) => boolean): string[] {
  return published.flatMap(({ path, name, fields }) =>
    fields.filter(isFaulty).map((field) => `${path}: ${name}.${field.name}: ${field.type || '(no type)'}`),
  );
}
