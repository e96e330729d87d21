import { classify } from '../database/errors.js';

/** The partition has another owner by now. */
export function isFenced(error: unknown): boolean {
  return classify(error).sqlState === 'WB004';
}

/** The held event isn't held any more as it was tried: an operator has edited or discarded it meanwhile. */
export function isSuperseded(error: unknown): boolean {
  return classify(error).sqlState === 'WB006';
}

/** Not the event's fault: the database is away, busy, or the partition another's. Trying the same again is right. */
export function isFault(error: unknown): boolean {
  if (isFenced(error)) return true;
  return ['unavailable', 'outcome-unknown', 'conflict', 'lock-timeout', 'timeout'].includes(classify(error).kind);
}
