import type { Pools } from '../database/pools.js';
import type { LogTail } from '../event-log/log-tail.js';
import type { EventRegistry } from '../messages/event-registry.js';
import type { CheckpointBoard } from './checkpoint-board.js';

/** Everything a worker works with. */
export interface WorkerSurroundings {
  readonly pools: Pools;
  readonly tail: LogTail;
  readonly registry: EventRegistry;
  readonly board: CheckpointBoard;
  /** This process among the replicas. */
  readonly replica: string;
}
