import { setTimeout as pause } from 'node:timers/promises';
import { summary } from '../statistics.mjs';

/**
 * So many callers, each with one request under way at a time, for so long. What is answered in the warm-up doesn't count.
 *
 * @param call makes one request; gets the caller's number
 */
export async function closedLoop({ connections, seconds, warmUpSeconds = 1 }, call) {
  const latencies = [];
  let answered = 0;
  const countFrom = performance.now() + warmUpSeconds * 1_000;
  const end = countFrom + seconds * 1_000;
  const caller = async (index) => {
    for (let sentAt = performance.now(); sentAt < end;) {
      await call(index);
      answered += 1;
      const now = performance.now();
      if (now >= countFrom && now < end) latencies.push(now - sentAt);
      sentAt = now;
    }
  };
  const cpuBefore = process.cpuUsage();
  await Promise.all(Array.from({ length: connections }, (_, index) => caller(index)));
  return { ...summary(latencies, seconds), answered, ...loadOf(cpuBefore, seconds + warmUpSeconds) };
}

/** Requests at an even rate, whatever becomes of them: latency counts from when one was due. */
export async function steadyRate({ connections, seconds, rate }, call) {
  const latencies = [];
  const idle = Array.from({ length: connections }, (_, index) => index);
  const waiting = [];
  const total = Math.floor(rate * seconds);
  const beganAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let isDone;
  const done = new Promise((resolve) => (isDone = resolve));
  const run = async (index, dueAt) => {
    for (let due = dueAt; due !== undefined; due = waiting.shift()) {
      await call(index);
      latencies.push(performance.now() - due);
    }
    idle.push(index);
    if (latencies.length === total) isDone();
  };
  const failed = new Promise((_, reject) => {
    const start = (index, dueAt) => run(index, dueAt).catch(reject);
    void dispatch({ total, rate, beganAt }, (dueAt) =>
      idle.length > 0 ? start(idle.shift(), dueAt) : waiting.push(dueAt),
    );
  });
  await Promise.race([done, failed]);
  const took = (performance.now() - beganAt) / 1_000;
  return { ...summary(latencies, took), answered: total, ...loadOf(cpuBefore, took) };
}

async function dispatch({ total, rate, beganAt }, send) {
  for (let sent = 0; sent < total;) {
    const dueByNow = Math.min(total, Math.floor(((performance.now() - beganAt) / 1_000) * rate) + 1);
    for (; sent < dueByNow; sent += 1) send(beganAt + (sent / rate) * 1_000);
    await pause(1);
  }
}

/** How busy this process was: near 1, the load and not what it loads was measured. */
function loadOf(cpuBefore, seconds) {
  const { user, system } = process.cpuUsage(cpuBefore);
  return { loadBusy: (user + system) / 1e6 / seconds };
}
