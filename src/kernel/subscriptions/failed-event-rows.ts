import type { EventRow } from '../event-log/stored-event.js';

/** Why an event is stored as failed, and when it is tried again; never (`undefined`) until an operator acts or a release can read it. */
export interface Failure {
  readonly attempts: number;
  readonly error: string;
  readonly tryInMs: number | undefined;
  readonly isUnreadable?: boolean;
}

/** Rows for kernel.failed_events, collected for one transaction. */
export class FailedEventRows {
  readonly rows: object[] = [];

  /** Behind an event of its key that is stored as failed already. */
  addWaiting(key: string, row: EventRow, partition: number): void {
    this.#add({ key, partition, state: 'waiting', attempts: 0, error: null, tryInMs: null }, row);
  }

  addFailed(key: string, row: EventRow, partition: number, failure: Failure): void {
    const { tryInMs = null } = failure;
    this.#add({ ...failure, key, partition, tryInMs, state: tryInMs === null ? 'dead-lettered' : 'retrying' }, row);
  }

  #add(failed: object, row: EventRow): void {
    this.rows.push({ ...failed, position: row.position, eventId: row.id });
  }
}

/** Records in kernel.failed_events that a partition's checkpoint stands before an event that may touch any of its rows. */
export function stalledRow(row: EventRow, partition: number, error: string): object {
  return {
    key: `partition ${partition}`,
    position: row.position,
    eventId: row.id,
    partition,
    state: 'dead-lettered',
    attempts: 0,
    error,
    isUnreadable: true,
    blocks: 'partition',
  };
}
