import type { Pools } from '../database/pools.js';
import type { LogTail } from '../event-log/log-tail.js';
import type { EventRegistry } from '../messages/event-registry.js';
import type { SubscriptionProgress } from './subscription-progress.js';

/** Everything a worker works with. */
export interface WorkerDependencies {
  readonly pools: Pools;
  readonly tail: LogTail;
  readonly registry: EventRegistry;
  readonly progress: SubscriptionProgress;
  /** This process among the replicas. */
  readonly replica: string;
}
