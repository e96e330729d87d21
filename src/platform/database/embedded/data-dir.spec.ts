import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirRefused, makeDataDir, missingFolders } from './data-dir.js';

const NOTHING_CAN_BE_MADE = ['/proc/waybill', '/proc/waybill/data', '/proc/self/data', '/sys/waybill'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-data-dir-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a start says about a data folder; undefined if it makes it. */
async function refusalOf(dataDir: string): Promise<string | undefined> {
  try {
    await makeDataDir(dataDir);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(DataDirRefused);
    await expect(missingFolders(dataDir)).rejects.toBeInstanceOf(DataDirRefused);
    return (error as Error).message;
  }
}

describe('a data folder', () => {
  it('is made where it is missing, with the folders above it, and kept as it is where it exists', async () => {
    const dataDir = join(folder, 'a', 'b');
    expect(await missingFolders(dataDir)).toEqual([join(folder, 'a'), dataDir]);
    expect(await refusalOf(dataDir)).toBeUndefined();
    chmodSync(dataDir, 0o700);
    expect(await refusalOf(dataDir)).toBeUndefined();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('may be made by several at once', async () => {
    const dataDir = join(folder, 'a', 'b', 'c');
    expect(await Promise.all([1, 2, 3].map(() => refusalOf(dataDir)))).toEqual([undefined, undefined, undefined]);
  });

  it('may be a link to a folder', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect(await refusalOf(join(folder, 'link'))).toBeUndefined();
  });

  it('is refused in a sentence where it is a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const remedy = 'Set DATA_DIR to a folder that Waybill may write to.';
    expect(await refusalOf(file)).toBe(`DATA_DIR ${file} is not a folder. ${remedy}`);
    expect(await refusalOf(join(file, 'data'))).toBe(
      `DATA_DIR ${join(file, 'data')} can't be created: ${file} is not a folder. ${remedy}`,
    );
  });

  it('is refused in a sentence where it is a broken link, or to itself', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    expect(await refusalOf(join(folder, 'link'))).toContain('is a broken link');
    expect(await refusalOf(join(folder, 'link', 'data'))).toContain(`${join(folder, 'link')} is a broken link`);
    symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
    expect(await refusalOf(join(folder, 'loop'))).toContain("can't be written to (ELOOP)");
  });

  it('is refused in a sentence where its name is too long', async () => {
    expect(await refusalOf(join(folder, 'x'.repeat(300)))).toContain('(ENAMETOOLONG)');
  });

  it.each(['/dev/null/data', ...(process.platform === 'linux' ? NOTHING_CAN_BE_MADE : [])])(
    'is refused in a sentence where nothing can be created: %s',
    async (dataDir) => {
      // For root only the attempt shows it.
      const attempt = makeDataDir(dataDir);
      await expect(attempt).rejects.toBeInstanceOf(DataDirRefused);
      await expect(attempt).rejects.toThrow(/^DATA_DIR \S+ can't be (created|written to)/);
    },
  );
});
