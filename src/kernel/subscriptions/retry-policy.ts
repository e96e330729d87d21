const FIRST_MS = 200;
const CAP_MS = 60_000;
/** Tries of one event before it is parked: with doubling pauses some minutes, longer than most outages of a neighbour. */
export const MAX_TRIES = 10;

/** Pause before the next try, full jitter; undefined when the tries are used up and the event is to be parked. */
export function pauseAfter(attempts: number, random: () => number = Math.random): number | undefined {
  if (attempts >= MAX_TRIES) return undefined;
  return random() * Math.min(CAP_MS, FIRST_MS * 2 ** attempts);
}
