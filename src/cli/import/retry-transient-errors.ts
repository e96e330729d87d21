import { setTimeout as pause } from 'node:timers/promises';
import { classify, type FaultKind } from '../../kernel/database/errors.js';
import { isRefusal } from '#kernel/domain';
import { BadRow } from './format/row-reader.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** A database that crashed is back in seconds; one that stays away longer needs a person. */
const PATIENCE_MS = 30_000;

const PASSING: ReadonlySet<FaultKind> = new Set([
  'unavailable',
  'outcome-unknown',
  'timeout',
  'lock-timeout',
  'conflict',
]);
/** What the command pipeline raises when its own tries are used up. */
const PASSING_CODES: ReadonlySet<unknown> = new Set(['outcome-unknown', 'concurrency-conflict', 'request-in-progress']);

/** The database stayed unavailable. Imported rows are kept; the next run imports the rest. */
export class DatabaseLost extends Error {
  override readonly name = 'DatabaseLost';
}

/**
 * Runs work that may be repeated at will, again and again while the database is away or others are in its way.
 *
 * @throws DatabaseLost when patience ends (default: half a minute); BadRow for a value that the database refuses; what the work throws besides.
 */
export async function throughFaults<T>(work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await work();
    } catch (error) {
      assertPassing(error);
      if (performance.now() + pauseMs > giveUpAt) throw lost(error, patienceMs);
    }
    await pause(pauseMs);
  }
}

function assertPassing(error: unknown): void {
  if (error instanceof BadRow || isRefusal(error)) throw error;
  const { kind } = classify(error);
  if (kind === 'bad-value') throw new BadRow('contains a value that the database rejects', { cause: error });
  if (!PASSING.has(kind) && !PASSING_CODES.has((error as { code?: unknown }).code)) throw error;
}

function lost(cause: unknown, patienceMs: number): DatabaseLost {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseLost(
    `The database did not answer for ${patienceMs / 1_000} s: ${text}. The rows imported so far are stored. Check the database, ` +
      'then run the import again.',
    { cause },
  );
}
