import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import { BuiltProgram } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(ROOT, 'test/foreign-app');
/** What it imports itself, besides the packages that the kernel shares with it. */
const OWN_PACKAGES = ['reflect-metadata'];

interface KernelPackages {
  writeKernelPackage(target: string): void;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/**
 * The application of test/foreign-app outside of this repository, with the package that `npm run pack:kernel` makes, and
 * the packages which that one names.
 */
export class ForeignApp {
  private constructor(private readonly folder: string) {}

  static async install(): Promise<ForeignApp> {
    const folder = mkdtempSync(join(tmpdir(), 'waybill-foreign-'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'lending', type: 'module' }));
    await installPackages(join(folder, 'node_modules'));
    for (const path of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
      if (path.endsWith('.ts')) writeFileSync(join(folder, path.replace(/ts$/, 'js')), compiled(join(SOURCES, path)));
    }
    cpSync(join(SOURCES, 'migrations'), join(folder, 'migrations'), { recursive: true });
    return new ForeignApp(folder);
  }

  start(url: string, ...args: readonly string[]): BuiltProgram {
    return BuiltProgram.start(join(this.folder, 'main.js'), [url, ...args], {});
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function installPackages(modules: string): Promise<void> {
  const scripts = (await import(new URL('../../scripts/kernel-package.mjs', import.meta.url).href)) as KernelPackages;
  const kernel = join(modules, 'waybill');
  scripts.writeKernelPackage(kernel);
  const manifest = JSON.parse(readFileSync(join(kernel, 'package.json'), 'utf8')) as Manifest;
  for (const name of [...OWN_PACKAGES, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

function compiled(path: string): string {
  return transformSync(readFileSync(path, 'utf8'), { filename: path }).code;
}
