import { execFileSync } from 'node:child_process';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

// Plain JavaScript, because the build itself runs under this lock. Sources import it as `#file-lock`.

const RETRY_MS = 20;

/**
 * Runs `work` while holding the lock file, alone among all processes of this machine.
 *
 * The file comes into being with its content in one step (a link), so nobody reads a half-written one. It names its holder by
 * process id and start time: a holder that was killed leaves it behind, the next one sees that the process is gone and takes
 * it over, although the id may be another program's by then (in a container the server is number 1 at every start). A
 * holder that is only slow, or stopped, keeps it.
 */
export async function withFileLock(path, work, options = {}) {
  const own = `${process.pid} ${startOf(process.pid)}`;
  await acquire(path, own, options);
  const release = () => {
    if (read(path) === own) rmSync(path, { force: true });
  };
  process.on('exit', release);
  try {
    removeLeftovers(path);
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function acquire(path, own, { onWait, timeoutMs = Infinity }) {
  const giveUpAt = performance.now() + timeoutMs;
  for (let hasWaited = false; !tryAcquire(path, own); await pause(RETRY_MS)) {
    const holder = read(path);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      takeOver(path, holder);
      continue;
    }
    if (!hasWaited) onWait?.(pidOf(holder));
    hasWaited = true;
    if (performance.now() > giveUpAt) {
      throw new Error(
        `Process ${pidOf(holder)} has locked ${path} for ${timeoutMs / 1_000} s. If it hangs, end it and start again.`,
      );
    }
  }
}

let attempts = 0;

function tryAcquire(path, own) {
  const candidate = `${path}.${process.pid}.${(attempts += 1)}`;
  writeFileSync(candidate, own);
  try {
    linkSync(candidate, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Of several that find the same dead lock only one moves it away; one that moved a new, live lock puts it back. */
function takeOver(path, dead) {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
    if (read(aside) !== dead) linkSync(aside, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Removes what processes left that were killed while they tried to take the lock. Call it with the lock held. */
function removeLeftovers(path) {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(`${basename(path)}.`) ? /\.(\d+)\.(?:\d+|dead)$/.exec(name)?.[1] : undefined;
    if (pid === undefined) continue;
    const leftover = join(folder, name);
    // Empty for a moment after it was made; then its name is all that tells whose it is.
    if (!isAlive(read(leftover) || pid)) rmSync(leftover, { force: true });
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(holder) {
  const pid = pidOf(holder);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  const recorded = holder.slice(`${pid} `.length);
  return recorded === '' || recorded === startOf(pid);
}

function pidOf(holder) {
  return Number(holder.split(' ')[0]);
}

/** When a process started: in ticks since boot, or by `ps` where the system has no /proc. Empty for one that is gone. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return process.platform === 'linux' ? '' : startByPs(pid);
  }
}

function startByPs(pid) {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
