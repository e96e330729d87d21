import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The holder touches its lock this often, so that a lock whose pid was given to another program is seen as dead. */
const HEARTBEAT_MS = 2_000;
/** Longer than any pause of a loaded machine; shorter would let two holders in. */
const SILENT_MS = 30_000;
const RETRY_MS = 50;

/**
 * Runs `work` while holding the lock file, alone among all processes of this machine. A lock whose process is gone, or
 * which hasn't been touched for half a minute, is taken over.
 *
 * @param {string} path the lock file; its directory must exist
 * @param {() => Promise<T>} work
 * @param {(pid: number) => void} onWait called once, with the holder's pid, if the lock is taken
 * @returns {Promise<T>}
 * @template T
 */
export async function withFileLock(path, work, onWait = () => {}) {
  for (let waiting = false; !acquire(path); await pause(RETRY_MS)) {
    const holder = readLock(path);
    if (holder === undefined) continue;
    if (isDead(path, holder)) takeOver(path, holder);
    else if (!waiting) {
      waiting = true;
      onWait(Number(holder.split(' ')[0]));
    }
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS);
  const release = () => rmSync(path, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

/** Creates the lock with its content in one step (link), so that nobody ever reads a half-written one. */
function acquire(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${Date.now()}`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readLock(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isDead(path, holder) {
  try {
    process.kill(Number(holder.split(' ')[0]), 0);
  } catch (error) {
    if (error.code === 'ESRCH') return true;
  }
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > SILENT_MS;
}

/** Of several that find the same dead lock only one moves it away; one that moved a new, live lock puts it back. */
function takeOver(path, dead) {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  try {
    if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
