import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * An exclusive lock among the processes of this machine, as a file that names its holder.
 *
 * It comes into being with its content in one step (a link), so nobody reads a half-written one. A holder that was killed
 * leaves it behind; the next one sees that the process is gone and takes it over. Process ids are used again (in a
 * container the server is number 1 at every start), so the holder's start time is part of its name where the system tells.
 */
export interface LockOptions {
  /** Told once, with the holder's process id, if the lock is taken. */
  readonly onWait?: (holder: number) => void;
  readonly timeoutMs?: number;
}

const RETRY_MS = 20;
/** initdb on a slow disk takes tens of seconds; a holder that takes longer hangs. */
const DEFAULT_TIMEOUT_MS = 3 * 60 * 1_000;

/** Runs `work` alone. Throws if the lock can't be had in time, naming holder and file. */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const own = `${process.pid} ${startOf(process.pid)}`;
  await acquire(path, own, options);
  try {
    await removeLeftovers(path);
    return await work();
  } finally {
    if ((await read(path)) === own) await rm(path, { force: true });
  }
}

async function acquire(
  path: string,
  own: string,
  { onWait, timeoutMs = DEFAULT_TIMEOUT_MS }: LockOptions,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (let hasWaited = false; !(await tryAcquire(path, own)); await pause(RETRY_MS)) {
    const holder = await read(path);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      await takeOver(path, holder);
      continue;
    }
    if (!hasWaited) onWait?.(pidOf(holder));
    hasWaited = true;
    if (performance.now() > giveUpAt) {
      throw new Error(
        `Process ${pidOf(holder)} has held ${path} for ${timeoutMs / 1_000} s. If it hangs, end it and start again.`,
      );
    }
  }
}

let attempts = 0;

async function tryAcquire(path: string, own: string): Promise<boolean> {
  const candidate = `${path}.${process.pid}.${(attempts += 1)}`;
  await writeFile(candidate, own);
  try {
    await link(candidate, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(candidate, { force: true });
  }
}

/** Of several who find the same dead lock one moves it away; who moved a new, live one puts it back. */
async function takeOver(path: string, dead: string): Promise<void> {
  const aside = `${path}.${process.pid}.dead`;
  try {
    await rename(path, aside);
    if ((await read(aside)) !== dead) await link(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** What processes left that were killed while they tried to take the lock. Call it with the lock held. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(`${basename(path)}.`) ? /\.(\d+)\.(?:\d+|dead)$/.exec(name)?.[1] : undefined;
    if (pid === undefined) continue;
    const leftover = join(folder, name);
    // Empty for a moment after it was made; then its name is all that tells whose it is.
    const holder = (await read(leftover)) || `${pid} -`;
    if (!isAlive(holder)) await rm(leftover, { force: true });
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(holder: string): boolean {
  const pid = pidOf(holder);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const recorded = holder.split(' ')[1];
  return recorded === '-' || recorded === startOf(pid);
}

function pidOf(holder: string): number {
  return Number(holder.split(' ')[0]);
}

/** When a process started, in ticks since boot; `-` where the system has no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}
