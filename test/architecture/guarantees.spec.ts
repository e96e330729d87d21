import { plantedFaults } from '../mutants/faults/index.js';
import { exists, expectNone, filesIn, read } from './source-tree.js';

const PAGE = 'docs/reference/guarantees.md';
const page = read(PAGE);
const sections = page.split(/^### /m).slice(1);
const ids = sections.map((section) => /^[GI]\d+/.exec(section)?.[0] ?? '(no id)');

describe('the page of guarantees', () => {
  it('names for each guarantee a test, by a file and a title that exist', () => {
    const tests = sections.flatMap((section) => [...section.matchAll(/^- Test: `([^`]+)`, “(.+)”$/gm)]);
    expect(tests.length).toBeGreaterThanOrEqual(sections.length);
    const missing = tests.filter(([, file, title]) => !exists(file!) || !flat(read(file!)).includes(flat(title!)));
    expectNone(
      missing.map(([line]) => line),
      `Name the spec file and the title in ${PAGE} as they are now.`,
    );
    const untested = sections.filter((section) => !section.includes('\n- Test: '));
    expectNone(
      untested.map((section) => section.split('\n')[0]!),
      'Name the test that would fail without it.',
    );
  });

  it('names planted faults that exist', () => {
    const names = [...page.matchAll(/^- Planted faults?: ([^]*?)\n\n/gm)].flatMap(([, list]) =>
      [...list!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
    );
    const known = new Set(plantedFaults.map(({ name }) => name));
    expect(names.length).toBeGreaterThanOrEqual(30);
    expectNone(
      names.filter((name) => !known.has(name)),
      `Name the fault of test/mutants/faults in ${PAGE} as it is called now.`,
    );
  });

  it('has an anchor for each id, and a section for each id that code, tests and documents refer to', () => {
    expectNone(
      ids.filter((id) => !page.includes(`<a id="${id.toLowerCase()}"></a>\n\n### ${id}`)),
      'Write <a id="…"></a> before the heading.',
    );
    const files = [...filesIn('src', '.ts'), ...filesIn('test/support', '.ts'), ...filesIn('test/durability', '.ts')];
    const unknown = files.flatMap((file) =>
      [...read(file).matchAll(/\b[GI]\d{1,2}\b/g)].filter(([id]) => !ids.includes(id)).map(([id]) => `${file}: ${id}`),
    );
    expectNone(unknown, `Describe it in ${PAGE}, or write what is meant.`);
  });

  it('replaces references to documents that are not in the repository', () => {
    const files = [...filesIn('src'), ...filesIn('test'), ...filesIn('docs'), ...filesIn('migrations')];
    expectNone(
      files.filter((file) => /\(0[1-7] §|\b0[1-7] §\d/.test(read(file))),
      `Write what is meant, or refer to an id of ${PAGE}.`,
    );
  });
});

/** One form of quotes and no line breaks, as titles are written in code and in prose. */
function flat(text: string): string {
  return text.replaceAll(/\\(['"`])/g, '$1').replaceAll(/\s+/g, ' ');
}
