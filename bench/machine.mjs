import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

const CLOCK_TICKS_PER_S = 100;

/** What the figures were taken on. */
export function machine(database) {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    ...database,
  };
}

/** CPU time in ms of a process, of PostgreSQL with all its children. Undefined where the system doesn't tell. */
export function cpuOf({ server, load, postmaster }) {
  try {
    return { server: ownTimeMs(server), load: ownTimeMs(load), postgres: familyTimeMs(postmaster) };
  } catch {
    return undefined;
  }
}

/** What each of some answers has cost, in ms of CPU. */
export function cpuPer(count, before, after) {
  if (before === undefined || after === undefined) return {};
  const spent = Object.keys(before).filter((who) => before[who] !== null && after[who] !== null);
  return Object.fromEntries(spent.map((who) => [who, (after[who] - before[who]) / count]));
}

/** CPU time of one process in ms; null where none is meant. Throws where the system doesn't tell. */
export function ownTimeMs(pid) {
  return pid === undefined ? null : timesMs(pid).own;
}

/** Children that have ended are in the parent's account. */
function familyTimeMs(pid) {
  if (pid === undefined) return null;
  return familyTimes(pid).reduce((sum, { ms }) => sum + ms, 0);
}

/** CPU time in ms of a process, with its children that have ended, and of each that lives. */
export function familyTimes(pid) {
  const parent = timesMs(pid);
  const times = [{ pid, ms: parent.own + parent.ended }];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const child = timesMs(entry);
      if (child.parent === pid) times.push({ pid: Number(entry), ms: child.own });
    } catch {
      // It has ended meanwhile.
    }
  }
  return times;
}

function timesMs(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ms = (...indexes) =>
    indexes.reduce((sum, index) => sum + Number(fields[index]), 0) * (1_000 / CLOCK_TICKS_PER_S);
  return { parent: Number(fields[1]), own: ms(11, 12), ended: ms(13, 14) };
}
