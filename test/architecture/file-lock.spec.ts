import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './source-tree.js';

/** Each process notes its coming and going while it holds the lock: with two inside at once the notes don't alternate. */
const NOTING = `
const [module, lock, notes] = process.argv.slice(1);
const { withFileLock } = await import(module);
const { appendFileSync } = await import('node:fs');
for (let round = 0; round < 5; round += 1) {
  await withFileLock(lock, async () => {
    appendFileSync(notes, 'in ' + process.pid + '\\n');
    await new Promise(setImmediate);
    appendFileSync(notes, 'out ' + process.pid + '\\n');
  });
}`;

const module = pathToFileURL(join(root, 'scripts/file-lock.mjs')).href;

describe('the lock around a build', () => {
  let folder: string;
  let lock: string;
  let notes: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waybill-lock-'));
    lock = join(folder, 'lock');
    notes = join(folder, 'notes');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one process in at a time, and leaves nothing behind', async () => {
    await Promise.all([noting(), noting(), noting()]);

    const lines = readFileSync(notes, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(30);
    const goings = lines.filter((_, index) => index % 2 === 1);
    const comings = lines.filter((_, index) => index % 2 === 0);
    expect(goings).toEqual(comings.map((line) => line.replace('in', 'out')));
    expect(readdirSync(folder)).toEqual(['notes']);
  });

  it('is taken over from a process that is gone', async () => {
    const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await new Promise((resolve) => gone.once('exit', resolve));
    writeFileSync(lock, `${gone.pid} 1`);

    await Promise.all([noting(), noting()]);
    expect(existsSync(lock)).toBe(false);
    expect(readFileSync(notes, 'utf8').trim().split('\n')).toHaveLength(20);
  });

  it('is taken over where the pid lives on as another program, which touches no lock', async () => {
    writeFileSync(lock, `${process.pid} 1`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);

    await noting();
    expect(existsSync(lock)).toBe(false);
  });

  function noting(): Promise<void> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', NOTING, module, lock, notes], {
      stdio: 'inherit',
    });
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The process ended with ${code}.`))));
    });
  }
});
