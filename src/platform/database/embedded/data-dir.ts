import { access, constants, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const MISSING = 'is missing';
const WAY_OUT = 'Set DATA_DIR to a folder that Waybill may write to.';

/** DATA_DIR can't be used. The message names it, what stands against it, and the way out. */
export class DataDirRefused extends Error {
  override readonly name = 'DataDirRefused';

  readonly what: string;
  readonly remedy = WAY_OUT;

  constructor(dataDir: string, reason: string, options?: ErrorOptions) {
    const what = `DATA_DIR ${dataDir} ${reason}`;
    super(`${what}. ${WAY_OUT}`, options);
    this.what = what;
  }
}

/**
 * Makes DATA_DIR where it is missing, with the folders above it. One that exists keeps its mode, whatever it is.
 *
 * Folder by folder: `mkdir` with `recursive` never ends below /proc.
 *
 * @throws DataDirRefused
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  for (const folder of await missingFolders(dataDir)) {
    try {
      await mkdir(folder, { mode: 0o755 });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new DataDirRefused(dataDir, `can't be created (${code} at ${folder})`);
    }
  }
  await missingFolders(dataDir);
}

/**
 * The folders that a start would make, from the top.
 *
 * @throws DataDirRefused where it or a folder above it is none, or can't be written to.
 */
export async function missingFolders(dataDir: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dataDir; ; folder = dirname(folder)) {
    const place = folder === dataDir ? '' : `can't be created: ${folder} `;
    const reason = await against(folder);
    if (reason === MISSING && folder !== dirname(folder)) missing.unshift(folder);
    else if (reason === undefined) return missing;
    else throw new DataDirRefused(dataDir, `${place}${reason}`);
  }
}

/** What stands against a folder; undefined if it can be written to. */
async function against(folder: string): Promise<string | undefined> {
  try {
    const there = await stat(folder);
    if (!there.isDirectory()) return 'is not a folder';
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return code === 'ENOTDIR' ? MISSING : `can't be written to (${code})`;
    return (await isLink(folder)) ? 'is a broken link' : MISSING;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}
