import { setTimeout as pause } from 'node:timers/promises';

const READ_EVERY_MS = 5;
const PATIENCE_MS = 10_000;

/**
 * Waits until a fact holds, looking every 5 ms. For facts that nobody tells of: the state of another process, a lock.
 *
 * @param fact in words, for the error
 * @throws Error when it doesn't hold within the given time (default 10 s)
 */
export async function until(
  fact: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${withinMs} ms in vain for this: ${fact}.`);
    await pause(READ_EVERY_MS);
  }
}
