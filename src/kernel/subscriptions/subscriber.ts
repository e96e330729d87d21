import type { Queryable } from '../event-log/sql/queryable.js';
import type { RecordedEvent } from '../event-log/stored-event.js';
import type { Checkpoint } from './sql/checkpoints.js';

/** Something that takes effect from events: a projection now; event handlers, sagas and the relay later. */
export interface Subscriber {
  /** Permanent: the checkpoint's name. */
  readonly name: string;
  /** The events it cares for; others only move its checkpoint. */
  readonly eventNames: readonly string[];
  /**
   * Makes a batch take effect and moves the checkpoint, both or neither.
   * @returns false when another owner has moved the checkpoint meanwhile; nothing was written then.
   */
  apply(
    on: Queryable,
    batch: readonly RecordedEvent[],
    move: { from: Checkpoint; to: { position: number; eventId: number } },
  ): Promise<boolean>;
}
