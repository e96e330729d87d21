import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withFileLock } from '#file-lock';
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

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => gone.once('exit', resolve));
  return gone.pid!;
}

describe('a lock file', () => {
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
    writeFileSync(lock, `${await deadPid()} 1`);

    await Promise.all([noting(), noting()]);
    expect(existsSync(lock)).toBe(false);
    expect(readFileSync(notes, 'utf8').trim().split('\n')).toHaveLength(20);
  });

  it('is taken over where the pid lives on as another program', async () => {
    writeFileSync(lock, `${process.pid} 1`);

    await noting();
    expect(existsSync(lock)).toBe(false);
  });

  it('lets one use of a process in at a time, and leaves nothing behind', async () => {
    const uses: string[] = [];
    const use = (name: string): Promise<void> =>
      withFileLock(lock, async () => {
        uses.push(`${name} in`);
        await new Promise(setImmediate);
        uses.push(`${name} out`);
      });
    await Promise.all(['a', 'b', 'c'].map(use));
    expect(uses.filter((_, index) => index % 2 === 1)).toEqual(
      uses.filter((_, index) => index % 2 === 0).map((line) => line.replace('in', 'out')),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the process that holds it to those that wait, and to those that have waited for too long', async () => {
    const holders: number[] = [];
    await withFileLock(lock, async () => {
      const waiting = withFileLock(lock, async () => undefined, {
        onWait: (holder) => holders.push(holder),
        timeoutMs: 0,
      });
      await expect(waiting).rejects.toThrow(`Process ${process.pid} has locked ${lock}`);
    });
    expect(holders).toEqual([process.pid]);
  });

  it('removes what killed processes left of their attempts, and nothing of anybody else’s', async () => {
    const dead = await deadPid();
    writeFileSync(`${lock}.${dead}.1`, `${dead} 4711`);
    writeFileSync(`${lock}.${dead}.2`, '');
    writeFileSync(`${lock}.${dead}.dead`, `${dead} 4711`);
    // In a container the killed process had the number that this one has.
    writeFileSync(`${lock}.${process.pid}.900`, `${process.pid} 1`);
    const others = [`lock.${process.pid}.901`, 'lock.old', `pg18.json.${dead}.1`];
    for (const name of others) writeFileSync(join(folder, name), '');

    await withFileLock(lock, async () => undefined);
    expect(readdirSync(folder).toSorted()).toEqual(others.toSorted());
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
