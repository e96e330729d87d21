import type { Queryable } from '../event-log/sql/queryable.js';
import { sequence } from '../event-log/sql/sequence.js';

const SEQUENCE_BATCH = 500;

/** A place in the log; 0 and null before its first event. */
export interface LogPlace {
  readonly position: number;
  /** UUID of the event there. */
  readonly eventId: string | null;
}

/** The last event of the log, once everything that is committed has its position. */
export async function endOfLog(on: Queryable): Promise<LogPlace> {
  for (;;) {
    const { head, headEvent, assigned } = await sequence(on, SEQUENCE_BATCH);
    if (assigned < SEQUENCE_BATCH) return { position: head, eventId: headEvent };
  }
}
