import type { CommitGuard } from '../commands/commit-statement.js';
import type { OwnedPartitions } from './owned-partitions.js';
import { forgetStalls, stalledPartitions, type StalledPartition } from './sql/unreadable-events.js';
import type { Subscriber } from './subscriber.js';
import type { WorkerDependencies } from './worker-dependencies.js';

/**
 * Partitions that stand before an event which this release can't read, and whose rows it doesn't know: going on
 * would fold later events of those rows first. A release that can read it goes on by itself, from the log, as if nothing
 * had been; an operator may discard it. The row in kernel.failed_events only reports it: the checkpoint does the stopping.
 */
export class StalledPartitions {
  #stalls: readonly StalledPartition[] = [];

  constructor(
    private readonly subscriber: Subscriber,
    private readonly through: WorkerDependencies,
  ) {}

  async reload(owned: OwnedPartitions): Promise<void> {
    const { name } = this.subscriber;
    this.#stalls = owned.isEmpty ? [] : await stalledPartitions(this.through.pools.worker, name, owned.numbers);
    await this.forgetPassed(owned);
  }

  /** Stops the checkpoints before the event, and records it. @throws the database's error if a partition has another owner. */
  async stallBefore(guard: CommitGuard): Promise<void> {
    await this.through.pools.worker.query({
      text: `SELECT ${guard.call}($1::jsonb)`,
      values: [JSON.stringify(guard.argument)],
    });
  }

  /** What stood in the way is behind: this release could read it, or an operator has discarded it. */
  async forgetPassed(owned: OwnedPartitions): Promise<void> {
    const passed = this.#stalls.filter(({ partition, position }) => owned.isBeyond(partition, position));
    if (passed.length === 0) return;
    await forgetStalls(this.through.pools.worker, this.subscriber.name, passed);
    this.#stalls = this.#stalls.filter((stop) => !passed.includes(stop));
  }
}
