import type { EventRow } from '../event-log/stored-event.js';
import { errorText } from '../messages/error-text.js';
import type { DecodedEvent } from './event-decoder.js';
import type { FailedEvents } from './failed-events.js';
import { FailedEventRows } from './failed-event-rows.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { Delivery } from './subscriber.js';

/** A stored event, and what this release makes of it. */
export interface ReadRow {
  readonly row: EventRow;
  readonly decoded: DecodedEvent;
}

/**
 * What is done with the events of one transaction: those that take effect, those that wait behind a failed one of their
 * key, and those that are dead-lettered because this release can't read them, with everything of their keys that follows.
 */
export class BatchPlan {
  readonly deliveries: Delivery[] = [];
  readonly failedRows = new FailedEventRows();
  /** Keys that are blocked from this transaction on. */
  readonly unreadable = new Map<string, { readonly row: EventRow; readonly error: unknown }>();

  constructor(
    private readonly owned: OwnedPartitions,
    private readonly known: FailedEvents,
  ) {}

  get isEmpty(): boolean {
    return this.deliveries.length === 0 && this.failedRows.rows.length === 0;
  }

  add({ row, decoded }: ReadRow): void {
    if (decoded.kind === 'foreign') return;
    const keys: string[] = [];
    for (const key of decoded.keys ?? []) {
      if (!this.owned.takes(key, row.position!)) continue;
      if (this.known.isBlocked(key) || this.unreadable.has(key))
        this.failedRows.addWaiting(key, row, this.owned.partitionOf(key));
      else if (decoded.kind === 'event') keys.push(key);
      else this.#addUnreadable(key, row, decoded.error);
    }
    if (decoded.kind === 'event' && keys.length > 0) this.deliveries.push({ ...decoded, keys });
  }

  #addUnreadable(key: string, row: EventRow, error: unknown): void {
    this.unreadable.set(key, { row, error });
    this.failedRows.addFailed(key, row, this.owned.partitionOf(key), {
      attempts: 0,
      error: errorText(error),
      tryInMs: undefined,
      isUnreadable: true,
    });
  }
}
