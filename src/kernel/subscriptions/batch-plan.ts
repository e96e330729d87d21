import type { EventRow } from '../event-log/stored-event.js';
import { errorText } from '../messages/error-text.js';
import type { Reading } from './event-reading.js';
import type { HeldEvents } from './held-events.js';
import { HeldRows } from './held-rows.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { Delivery } from './subscriber.js';

/** A stored event, and what this release makes of it. */
export interface ReadRow {
  readonly row: EventRow;
  readonly reading: Reading;
}

/**
 * What is done with the events of one transaction: those that take effect, those that queue behind a held one of their
 * key, and those that are parked because this release can't read them, with everything of their keys that follows.
 */
export class BatchPlan {
  readonly deliveries: Delivery[] = [];
  readonly held = new HeldRows();
  /** Keys that are held from this transaction on. */
  readonly parked = new Map<string, { readonly row: EventRow; readonly error: unknown }>();

  constructor(
    private readonly owned: OwnedPartitions,
    private readonly known: HeldEvents,
  ) {}

  get isEmpty(): boolean {
    return this.deliveries.length === 0 && this.held.rows.length === 0;
  }

  add({ row, reading }: ReadRow): void {
    if (reading.kind === 'foreign') return;
    const keys: string[] = [];
    for (const key of reading.keys ?? []) {
      if (!this.owned.takes(key, row.position!)) continue;
      if (this.known.isHeld(key) || this.parked.has(key)) this.held.queue(key, row, this.owned.partitionOf(key));
      else if (reading.kind === 'event') keys.push(key);
      else this.#park(key, row, reading.error);
    }
    if (reading.kind === 'event' && keys.length > 0) this.deliveries.push({ ...reading, keys });
  }

  #park(key: string, row: EventRow, error: unknown): void {
    this.parked.set(key, { row, error });
    this.held.hold(key, row, this.owned.partitionOf(key), {
      attempts: 0,
      error: errorText(error),
      tryInMs: undefined,
      isUnreadable: true,
    });
  }
}
