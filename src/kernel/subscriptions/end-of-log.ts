import type { Queryable } from '../event-log/sql/queryable.js';
import { sequence } from '../event-log/sql/sequence.js';
import { eventAt } from './sql/log-events.js';

const SEQUENCE_BATCH = 500;

/** A place in the log; 0 and 0 before its first event. */
export interface LogPlace {
  readonly position: number;
  /** `kernel.events.id` of the event there. */
  readonly eventId: number;
}

/** The last event of the log, once everything that is committed has its position. */
export async function endOfLog(on: Queryable): Promise<LogPlace> {
  for (;;) {
    const { head, assigned } = await sequence(on, SEQUENCE_BATCH);
    if (assigned < SEQUENCE_BATCH) return { position: head, eventId: (await eventAt(on, head)) ?? 0 };
  }
}
