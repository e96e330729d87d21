import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withFileLock } from './file-lock.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');
const settings = ['package.json', 'package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Everything the build reads, as one hash of contents: a checkout or a touch alone doesn't cause a build. */
export function fingerprint() {
  const hash = createHash('sha1').update(process.version.split('.')[0]);
  for (const path of [...settings.map((name) => join(root, name)), ...sources('src')]) {
    if (existsSync(path)) hash.update(`\0${relative(root, path)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

export function isFresh() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

/** Records which sources `dist` was built from. */
export function markFresh(builtFrom = fingerprint()) {
  writeFileSync(stamp, builtFrom);
}

/** One build at a time in this checkout, whoever asks for it: start, CLI, tests, dev. */
export async function withBuildLock(work) {
  mkdirSync(dist, { recursive: true });
  return withFileLock(join(dist, '.lock'), work, {
    onWait: (pid) => say(`Waiting for the build of process ${pid}.`),
  });
}

/**
 * Makes `dist` agree with `src`. Costs about 30 ms when it already does. Two calls at once make one build.
 * Exits with 1, after the compiler's own words, when the sources don't compile.
 */
export async function buildIfStale() {
  if (isFresh()) return;
  await withBuildLock(async () => {
    if (!isFresh()) await build();
  });
}

async function build() {
  const builtFrom = fingerprint();
  const started = Date.now();
  say('Building…');
  rmSync(stamp, { force: true });
  removeOrphans(dist);
  const code = await run(process.execPath, [nestCli(), 'build']);
  if (code !== 0) {
    say('The sources above do not compile, so nothing was started. Fix them and run this again.');
    process.exit(1);
  }
  markFresh(builtFrom);
  say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

export function nestCli() {
  try {
    return createRequire(import.meta.url).resolve('@nestjs/cli/bin/nest.js');
  } catch {
    say('The packages that build Waybill are not installed. Run: npm install');
    return process.exit(1);
  }
}

/** Compiled files whose source is gone would otherwise stay importable for ever. */
function removeOrphans(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const match = /^(.*)\.(js|js\.map|d\.ts)$/.exec(path);
    if (match && !existsSync(join(root, 'src', `${relative(dist, match[1])}.ts`))) rmSync(path);
  }
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    // The compiler's output goes to stderr: the CLI's own output on stdout may be piped into another program.
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await buildIfStale();
