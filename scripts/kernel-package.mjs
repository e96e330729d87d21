import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './build-if-stale.mjs';

const CONTENT = ['LICENSE', 'dist/kernel', 'migrations/kernel'];
/** Two copies of these in one process don't know each other's classes, so the application's own is used. */
const SHARED = /^(@nestjs\/|rxjs$|reflect-metadata$|typeorm$)/;

/**
 * Writes the kernel as a package of its own: compiled, with its types and migrations, and the packages that it imports.
 *
 * @param {string} target a folder; what is in it goes
 */
export function writeKernelPackage(target) {
  rmSync(target, { recursive: true, force: true });
  for (const path of CONTENT) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path), { recursive: true });
  }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
}

function manifest() {
  const { name, version, license, type, engines, exports, dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packages = importedPackages(join(root, 'dist/kernel'));
  const imported = packages.map((each) => [each, dependencies[each]]);
  const typings = packages.map((each) => `@types/${each}`).filter((each) => each in devDependencies);
  return {
    name,
    version,
    description: 'Durable CQRS on PostgreSQL for code written with @nestjs/cqrs.',
    license,
    type,
    engines,
    exports: Object.fromEntries(
      Object.entries(exports).map(([path, entry]) => [path, { types: entry.types, default: entry.default }]),
    ),
    dependencies: Object.fromEntries([
      ...typings.map((each) => [each, devDependencies[each]]),
      ...imported.filter(([each]) => !SHARED.test(each)),
    ]),
    peerDependencies: Object.fromEntries(imported.filter(([each]) => SHARED.test(each))),
  };
}

/** The packages that compiled files import, by name. */
function importedPackages(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.js'));
  const specifiers = files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/(?:from|import\() ?'([^'.#][^']*)'/g)].map(
      ([, each]) => each,
    ),
  );
  const names = specifiers.filter((each) => !each.startsWith('node:')).map(packageOf);
  return [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1));
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
