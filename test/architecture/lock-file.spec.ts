import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './source-tree.js';

interface LockedPackage {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

/** Where npm looks for a package that another one needs: beside it, then further up. */
function placesOf(name: string, from: string): string[] {
  const above = from.lastIndexOf('/node_modules/');
  const places = above < 0 ? [`node_modules/${name}`] : placesOf(name, from.slice(0, above));
  return from === '' ? places : [`${from}/node_modules/${name}`, ...places];
}

describe('the lock file', () => {
  it('holds the packages of every platform (else: npm install --package-lock-only without node_modules)', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !placesOf(name, path).some((place) => place in packages)),
    );
    expect(missing).toEqual([]);
  });

  it('holds a hash for each package, and no host', () => {
    const locked = Object.entries(packages).filter(([path]) => path !== '');
    expect(locked.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });
});
