import { basename, dirname } from 'node:path';
import { exists, expectNone, productionFiles, read } from './source-tree.js';

/** More names than this, and nobody reads them before using one. */
const MOST_NAMES = 45;

const EXPORTED = /^export (?:type )?\{([^}]*)\} from/gm;
const NAME = /^(?:type )?(\w+)/;
/** A row of the README's list: | `Name` | for what | `spec` | */
const DOCUMENTED = /^\| `(\w+)`\s*\|[^|]*\| `([\w./-]+\.spec\.ts)`\s*\|$/gm;

interface EntryPoint {
  readonly title: string;
  readonly index: string;
}

const entryPoints: readonly EntryPoint[] = [
  { title: '#kernel', index: 'src/kernel/index.ts' },
  { title: '#platform/http', index: 'src/platform/http/index.ts' },
];

const namesIn = (list: string): string[] => list.split(',').flatMap((item) => NAME.exec(item.trim())?.[1] ?? []);

function importedFrom(entry: string, folder: string): Set<string> {
  const importing = new RegExp(`import (?:type )?\\{([^}]*)\\} from '${entry}'`, 'g');
  const users = productionFiles().filter((path) => !path.startsWith(`${folder}/`));
  return new Set(users.flatMap((path) => [...read(path).matchAll(importing)].flatMap(([, list]) => namesIn(list!))));
}

describe.each(entryPoints)('the entry point $title', ({ title, index }) => {
  const folder = dirname(index);
  const names = [...read(index).matchAll(EXPORTED)].flatMap(([, list]) => namesIn(list!));
  const used = importedFrom(title, folder);
  const documented = [...read(`${folder}/README.md`).matchAll(DOCUMENTED)].map(([, name, spec]) => ({
    name: name!,
    spec: `${folder}/${spec}`,
  }));

  it(`exports at most ${MOST_NAMES} names`, () => {
    expect(names.length).toBeGreaterThan(10);
    expect(names.length).toBeLessThanOrEqual(MOST_NAMES);
  });

  it('exports only what the application uses, or what the README lists with the spec that says what it does', () => {
    const listed = new Set(documented.map(({ name }) => name));
    expectNone(
      names.filter((name) => !used.has(name) && !listed.has(name)),
      `Don't export it, or add it to the list in ${folder}/README.md of what is offered and not used.`,
    );
  });

  it('lists only names that it exports and that the application does not use, with specs that use them', () => {
    const isAbout = (spec: string, name: string): boolean =>
      basename(spec).replaceAll(/\W/g, '').startsWith(name.toLowerCase()) ||
      new RegExp(`\\b${name}\\b`).test(read(spec));
    const isRight = ({ name, spec }: (typeof documented)[number]): boolean =>
      names.includes(name) && !used.has(name) && exists(spec) && isAbout(spec, name);
    expectNone(
      documented.filter((row) => !isRight(row)).map(({ name, spec }) => `${name}: ${spec}`),
      `Correct the list in ${folder}/README.md.`,
    );
  });
});
