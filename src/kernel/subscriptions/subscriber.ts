import type { CommitGuard } from '../commands/commit-statement.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { EventRow, RecordedEvent } from '../event-log/stored-event.js';
import type { Row } from '../projections/read-table.js';

/** The keys that an event touches, each once: as text, by which order is kept and the partition chosen, with the values of a
 *  view's key columns. Computed once per event: a projection's `keys()` is its author's code. */
export type TouchedKeys = ReadonlyMap<string, Row>;

/** One event as a subscription takes it. */
export interface Delivery {
  readonly recorded: RecordedEvent;
  /** Those of its keys that are in the partitions worked on here, and aren't blocked. */
  readonly keys: readonly string[];
  readonly touched: TouchedKeys;
}

/** Something that takes effect from events: a projection, an event handler; later sagas and the relay. */
export interface Subscriber {
  /** Permanent: the checkpoint's name. */
  readonly name: string;
  readonly kind: 'async' | 'handler';
  /** Code version of the view; 1 for handlers. */
  readonly version: number;
  /** The events it cares for; others only move its checkpoint. */
  readonly eventNames: readonly string[];
  /** Into how many partitions it starts; the database keeps the number from then on. */
  readonly partitions: number;
  /** Where it starts when this database sees it for the first time. */
  readonly startFrom: 'beginning' | 'now';
  /** Most events per transaction: one for handlers that run commands of their own. */
  readonly batchSize: number;
  /** Order is kept per key, and a key that fails blocks only itself. */
  keysOf(recorded: RecordedEvent): TouchedKeys;
  /** Keys are computed by code that reads the event: they aren't known for one that this release can't read. */
  readonly hasOwnKeys: boolean;
  /** The keys of an event that this release can't read, as far as they are sure; undefined when it may touch anything. */
  keysOfStored(row: EventRow): readonly string[] | undefined;
  /** Makes deliveries take effect and calls the guard, all in one transaction. */
  apply(on: Queryable, deliveries: readonly Delivery[], guard: CommitGuard): Promise<void>;
  /** Called for each try of one event that fails for a reason of the event's own. */
  failed?(event: object, error: unknown): void;
}
