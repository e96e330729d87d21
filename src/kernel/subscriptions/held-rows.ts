import type { EventRow } from '../event-log/stored-event.js';

/** Why an event is held, and when it is tried again; never (`undefined`) until an operator acts or a release can read it. */
export interface Failure {
  readonly attempts: number;
  readonly error: string;
  readonly tryInMs: number | undefined;
  readonly isUnreadable?: boolean;
}

/** Rows for kernel.held_events, collected for one transaction. */
export class HeldRows {
  readonly rows: object[] = [];

  /** Behind an event of its key that is held already. */
  queue(key: string, row: EventRow, partition: number): void {
    this.#add({ key, partition, state: 'queued', attempts: 0, error: null, tryInMs: null }, row);
  }

  hold(key: string, row: EventRow, partition: number, failure: Failure): void {
    const { tryInMs = null } = failure;
    this.#add({ ...failure, key, partition, tryInMs, state: tryInMs === null ? 'parked' : 'blocked' }, row);
  }

  #add(held: object, row: EventRow): void {
    this.rows.push({ ...held, position: row.position, eventId: row.id });
  }
}

/** Says in kernel.held_events that a partition's checkpoint stands before an event that may touch any of its rows. */
export function stopRow(row: EventRow, partition: number, error: string): object {
  return {
    key: `partition ${partition}`,
    position: row.position,
    eventId: row.id,
    partition,
    state: 'parked',
    attempts: 0,
    error,
    isUnreadable: true,
    holds: 'partition',
  };
}
