const FIRST_MS = 200;
const CAP_MS = 60_000;
/** Tries of one event before it is dead-lettered: with doubling pauses some minutes, longer than most outages of a neighbour. */
export const MAX_TRIES = 10;

/** A try that takes long keeps its worker from all else: it takes at most a fifth of the worker's time. */
const PAUSES_PER_TRY = 4;

/**
 * Pause before the next try, in ms, full jitter; undefined when the tries are used up and the event is to be dead-lettered.
 *
 * @param tookMs how long the last try took: one that ran into a time-out isn't repeated at once.
 */
export function pauseAfter(attempts: number, tookMs = 0, random: () => number = Math.random): number | undefined {
  if (attempts >= MAX_TRIES) return undefined;
  return Math.max(random() * Math.min(CAP_MS, FIRST_MS * 2 ** attempts), Math.min(CAP_MS, PAUSES_PER_TRY * tookMs));
}
