import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Paths below a folder, relative to the root, with `/`, sorted; none where the folder doesn't exist. */
export function filesIn(folder: string, suffix = ''): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.includes('node_modules/'))
    .toSorted();
}

/** Code of the product itself: no specs. */
export function productionFiles(folder = 'src'): string[] {
  return filesIn(folder, '.ts').filter((path) => !path.endsWith('.spec.ts'));
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** The names of the contexts, which are the folders of src/contexts that hold files. */
export function contexts(): string[] {
  const paths = filesIn('src/contexts').map((path) => path.split('/'));
  return [...new Set(paths.filter(({ length }) => length > 3).map(([, , context]) => context!))].toSorted();
}

export const pascalCase = (kebab: string): string =>
  kebab.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Fails with everything that was found and with what to do about it. */
export function expectNone(found: readonly string[], remedy: string): void {
  if (found.length === 0) return;
  const failure = new Error(`${found.join('\n')}\n→ ${remedy}`);
  Error.captureStackTrace(failure, expectNone);
  throw failure;
}
