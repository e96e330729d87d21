import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What we keep beside the cluster, in a file that only we can read. */
export interface KeptState {
  readonly password: string;
  /** Where the server listened last; never 5432. */
  readonly port: number;
}

/** The superuser, who also owns the database. */
export const OWNER = 'waybill';
export const DATABASE = 'waybill';

/** The files of one embedded server below DATA_DIR. */
export class Cluster {
  readonly folder: string;
  readonly lockFile: string;
  readonly log: string;
  readonly #stateFile: string;

  constructor(readonly dataDir: string) {
    this.folder = join(dataDir, 'pg18');
    this.lockFile = join(dataDir, 'pg18.lock');
    this.log = join(this.folder, 'server.log');
    this.#stateFile = join(dataDir, 'pg18.json');
  }

  /** A cluster is moved to its place when it is complete, so its version file means that all of it is there. */
  async exists(): Promise<boolean> {
    return (await textOf(join(this.folder, 'PG_VERSION'))) !== undefined;
  }

  /** The cluster's own id, as every server on it reports it: the first eight bytes of its control file. */
  async systemIdentifier(): Promise<string | undefined> {
    try {
      const file = await open(join(this.folder, 'global', 'pg_control'));
      try {
        const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
        return buffer.readBigUInt64LE(0).toString();
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  async readState(): Promise<KeptState | undefined> {
    const text = await textOf(this.#stateFile);
    return text === undefined ? undefined : (JSON.parse(text) as KeptState);
  }

  /** Written beside and moved, so that a crash leaves the old one; mode 0600. */
  async writeState(state: KeptState): Promise<void> {
    const fresh = `${this.#stateFile}.${process.pid}`;
    await rm(fresh, { force: true });
    await writeFile(fresh, `${JSON.stringify(state)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(fresh, this.#stateFile);
  }

  /** The server that last ran here, as it noted itself; it may be gone. */
  async noted(): Promise<{ pid: number; port: number } | undefined> {
    const lines = (await textOf(join(this.folder, 'postmaster.pid')))?.split('\n');
    if (lines === undefined || lines.length < 4) return undefined;
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  }

  /**
   * Whether the noted process is a server on this folder: its working directory is the cluster. After a reboot or in a
   * new container another process may have the number. Undefined where the system doesn't show it.
   */
  async isServing(pid: number): Promise<boolean | undefined> {
    try {
      const [cwd, own] = await Promise.all([readlink(`/proc/${pid}/cwd`), stat(this.folder)]);
      const there = await stat(cwd).catch(() => undefined);
      return there?.ino === own.ino && there.dev === own.dev;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform === 'linux' ? false : undefined;
    }
  }

  async forgetNote(): Promise<void> {
    await rm(join(this.folder, 'postmaster.pid'), { force: true });
  }

  /** An empty folder to make a cluster in; what killed attempts left is removed. */
  async draft(owner: { uid: number; gid: number } | undefined): Promise<string> {
    const leftovers = (await readdir(this.dataDir)).filter((name) => name.startsWith('pg18.new-'));
    await Promise.all(leftovers.map((name) => rm(join(this.dataDir, name), { recursive: true, force: true })));
    const folder = await mkdtemp(join(this.dataDir, 'pg18.new-'));
    if (owner) await chown(folder, owner.uid, owner.gid);
    return folder;
  }

  async adopt(draft: string): Promise<void> {
    await rename(draft, this.folder);
  }

  /** The last lines that the server logged, for a message to the operator. */
  async logTail(): Promise<string> {
    const text = (await textOf(this.log)) ?? '';
    return text.trimEnd().split('\n').slice(-12).join('\n');
  }
}

export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
