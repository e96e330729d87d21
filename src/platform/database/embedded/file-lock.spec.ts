import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from './file-lock.js';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-file-lock-'));
  lock = join(folder, 'pg18.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => gone.once('exit', resolve));
  return gone.pid!;
}

describe('the lock of an embedded server', () => {
  it('lets one use in at a time, and leaves nothing behind', async () => {
    const notes: string[] = [];
    const note = (name: string): Promise<void> =>
      withFileLock(lock, async () => {
        notes.push(`${name} in`);
        await new Promise(setImmediate);
        notes.push(`${name} out`);
      });
    await Promise.all(['a', 'b', 'c'].map(note));
    expect(notes.filter((_, index) => index % 2 === 1)).toEqual(
      notes.filter((_, index) => index % 2 === 0).map((line) => line.replace('in', 'out')),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes what killed processes left of their attempts, and nothing of anybody else’s', async () => {
    const dead = await deadPid();
    writeFileSync(`${lock}.${dead}.1`, `${dead} 4711`);
    writeFileSync(`${lock}.${dead}.2`, '');
    writeFileSync(`${lock}.${dead}.dead`, `${dead} 4711`);
    // In a container the killed process had the number that this one has.
    writeFileSync(`${lock}.${process.pid}.900`, `${process.pid} 1`);
    const others = [`pg18.lock.${process.pid}.901`, 'pg18.lock.old', `pg18.json.${dead}.1`];
    for (const name of others) writeFileSync(join(folder, name), '');

    await withFileLock(lock, async () => undefined);
    expect(readdirSync(folder).toSorted()).toEqual(others.toSorted());
  });
});
