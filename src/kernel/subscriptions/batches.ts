import { Logger } from '@nestjs/common';
import type { LogPart } from '../event-log/sql/read-log.js';
import type { EventRow } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { errorText, stackOf } from '../messages/error-text.js';
import { BatchPlan, type ReadRow } from './batch-plan.js';
import type { EventDecoder } from './event-decoder.js';
import type { FailedEvents } from './failed-events.js';
import { FailedEventRows, stalledRow } from './failed-event-rows.js';
import type { LogPoint, OwnedPartitions } from './owned-partitions.js';
import { pauseAfter } from './retry-policy.js';
import type { StalledPartitions } from './stalled-partitions.js';
import type { Subscriber } from './subscriber.js';
import type { WorkerDependencies } from './worker-dependencies.js';

interface Parts {
  readonly owned: OwnedPartitions;
  readonly decoder: EventDecoder;
  readonly failed: FailedEvents;
  readonly stalled: StalledPartitions;
  /** The process is to end: nothing more is begun. */
  readonly isStopping: () => boolean;
  /** Whether an error isn't the event's fault, so that the same is to be tried again. */
  readonly isFault: (error: unknown) => Promise<boolean>;
}

/** Partitions of one event handler that work side by side; each takes a connection while it commits. */
const PARALLEL_PARTITIONS = 4;
/** How often the checkpoints of a handler's partitions move over events of others: no reader waits for them. */
const MOVE_MS = 1_000;

/** Makes events of one subscription take effect, a transaction per batch; what can't take effect is stored as failed. */
export class Batches {
  readonly #logger = new Logger('Subscriptions');
  /** When checkpoints were moved last, by the monotonic clock, in ms. */
  movedAt = performance.now();

  constructor(
    private readonly subscriber: Subscriber,
    private readonly parts: Parts,
    private readonly through: Pick<WorkerDependencies, 'pools' | 'progress'>,
  ) {}

  /** The events of a part of the log that begins where the lowest partition stands. Ends early when the process is to end. */
  async run(part: LogPart): Promise<void> {
    const { owned, decoder, stalled, isStopping } = this.parts;
    const reads = part.rows.map((row) => ({ row, decoded: decoder.decode(row) }));
    const isParallel = this.subscriber.kind === 'handler' && !reads.some(mayTouchAnything);
    await (isParallel ? this.#inParallel(reads) : this.#inOrder(reads));
    if (isStopping()) return;
    owned.reach({ position: part.to, eventId: part.eventId });
    await stalled.forgetPassed(owned);
    if (this.subscriber.kind === 'handler') await this.#move();
  }

  async #inOrder(reads: readonly ReadRow[]): Promise<void> {
    let batch: ReadRow[] = [];
    for (const read of reads) {
      if (mayTouchAnything(read)) {
        await this.#flush(batch);
        // What was read before may have been left: then nothing may be passed over.
        if (this.parts.isStopping()) return;
        await this.#stallBefore(read);
        batch = [];
      } else if (batch.push(read) >= this.subscriber.batchSize) {
        await this.#flush(batch);
        batch = [];
      }
    }
    await this.#flush(batch);
  }

  /** Each partition in order, some of them at the same time. A fault lets the events under way end, and no more begin. */
  async #inParallel(reads: readonly ReadRow[]): Promise<void> {
    const byPartition = new Map<number, ReadRow[]>();
    for (const read of reads) {
      const partition = this.#onlyPartitionOf(read);
      if (partition === undefined) continue;
      if (!byPartition.get(partition)?.push(read)) byPartition.set(partition, [read]);
    }
    const waiting = [...byPartition.values()];
    let hasFailed = false;
    const work = async (): Promise<void> => {
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        for (const read of part) if (!hasFailed && !this.parts.isStopping()) await this.#flush([read]);
      }
    };
    const failing = (error: unknown): never => {
      hasFailed = true;
      throw error;
    };
    const ended = await Promise.allSettled(Array.from({ length: PARALLEL_PARTITIONS }, () => work().catch(failing)));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  /** A handler's event has one key, so that its checkpoint is one row, and partitions don't wait for each other. */
  #onlyPartitionOf({ decoded }: ReadRow): number | undefined {
    if (this.subscriber.kind !== 'handler' || decoded.kind === 'foreign') return undefined;
    const [key] = decoded.keys ?? [];
    return key === undefined ? undefined : this.parts.owned.partitionOf(key);
  }

  async #move(): Promise<void> {
    if (performance.now() - this.movedAt < MOVE_MS) return;
    this.movedAt = performance.now();
    if (!(await this.parts.owned.storeReached())) this.parts.owned.forget();
  }

  async #flush(batch: readonly ReadRow[]): Promise<void> {
    if (batch.length > 0) await this.#batch(batch);
  }

  /** One transaction; halved when it takes too long, or when an event in it can't take effect. */
  async #batch(batch: readonly ReadRow[]): Promise<void> {
    if (this.parts.isStopping()) return;
    const begunAt = performance.now();
    try {
      await this.#attempt(batch);
    } catch (error) {
      if (await this.parts.isFault(error)) throw error;
      if (batch.length > 1) {
        const half = Math.ceil(batch.length / 2);
        await this.#batch(batch.slice(0, half));
        await this.#batch(batch.slice(half));
        return;
      }
      await this.#storeFailed(batch[0]!, error, performance.now() - begunAt);
    }
    if (this.subscriber.kind !== 'handler') this.movedAt = performance.now();
  }

  async #attempt(batch: readonly ReadRow[]): Promise<void> {
    const { owned, failed } = this.parts;
    const plan = new BatchPlan(owned, failed);
    for (const read of batch) plan.add(read);
    const target = pointOf(batch.at(-1)!.row);
    if (plan.isEmpty) return this.#passOver(target);
    await failpoint('sub.before-commit');
    const only = this.#onlyPartitionOf(batch[0]!);
    await this.subscriber.apply(
      this.through.pools.worker,
      plan.deliveries,
      owned.advance(target, plan.failedRows.rows, only),
    );
    await failpoint('sub.after-commit');
    owned.stored(target.position, only);
    if (plan.failedRows.rows.length > 0) this.through.progress.failedEventsChanged();
    failed.block(plan.unreadable.keys());
    for (const { row, error } of plan.unreadable.values()) this.#logFailure(row, error, 'is dead-lettered');
  }

  /**
   * The events are for partitions of other processes. Whoever reads the view by a token waits until every partition is
   * past them, so for a view that is stored at once. A handler's other partitions may still be on their way to here.
   */
  async #passOver(to: LogPoint): Promise<void> {
    const { owned } = this.parts;
    if (this.subscriber.kind !== 'async') return;
    owned.reach(to);
    if (owned.isWhole) return;
    if (!(await owned.storeReached())) owned.forget();
  }

  /** Blocks the keys of one event that can't take effect, and moves on. */
  async #storeFailed(read: ReadRow, error: unknown, tookMs: number): Promise<void> {
    const { row, decoded } = read;
    if (decoded.kind !== 'event') throw error;
    const { owned, failed } = this.parts;
    const mine = decoded.keys.filter((key) => owned.takes(key, row.position!));
    const rows = new FailedEventRows();
    for (const key of mine) {
      const partition = owned.partitionOf(key);
      if (failed.isBlocked(key)) rows.addWaiting(key, row, partition);
      else
        rows.addFailed(key, row, partition, { attempts: 1, error: errorText(error), tryInMs: pauseAfter(1, tookMs) });
    }
    const only = this.#onlyPartitionOf(read);
    const guard = owned.advance(pointOf(row), rows.rows, only);
    await this.subscriber.apply(this.through.pools.worker, [], guard);
    owned.stored(row.position!, only);
    failed.block(mine);
    this.through.progress.failedEventsChanged();
    this.subscriber.failed?.(decoded.recorded.event, error);
    this.#logFailure(row, error, 'failed');
  }

  async #stallBefore({ row, decoded }: ReadRow): Promise<void> {
    const { owned, stalled } = this.parts;
    const error = decoded.kind === 'unreadable' ? decoded.error : undefined;
    const text = errorText(error);
    const { partitions, guard } = owned.stallBefore(pointOf(row), (partition) => stalledRow(row, partition, text));
    if (partitions.length === 0) return;
    await stalled.stallBefore(guard);
    this.through.progress.failedEventsChanged();
    this.#logFailure(row, error, `stops ${partitions.length} partitions, whose rows it may touch`);
  }

  #logFailure(row: EventRow, error: unknown, what: string): void {
    this.#logger.error(
      `${this.subscriber.name}: event ${row.event_id} (${row.name}, position ${row.position}) ${what}: ${errorText(error)}`,
      stackOf(error),
    );
  }
}

function pointOf(row: EventRow): LogPoint {
  return { position: row.position!, eventId: row.event_id };
}

function mayTouchAnything({ decoded }: ReadRow): boolean {
  return decoded.kind === 'unreadable' && decoded.keys === undefined;
}
