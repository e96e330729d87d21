import { Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import type { LogTail } from '../event-log/log-tail.js';
import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import type { EventRegistry } from '../messages/event-registry.js';
import type { CheckpointBoard } from './checkpoint-board.js';
import { moveCheckpoint, readCheckpoint, type Checkpoint } from './sql/checkpoints.js';
import { clearFailure, recordFailure } from './sql/subscription-status.js';
import type { Subscriber } from './subscriber.js';

/** Events per transaction while at the end of the log: bounds how long a batch can take. */
const LIVE_BATCH = 200;
/** Events per transaction while catching up: fewer round trips per event. */
const CATCH_UP_BATCH = 2_000;
/** How often a checkpoint moves over events that have no effect: each move is a commit that nobody waits for. */
const IDLE_MOVE_MS = 5_000;
const RETRY_FIRST_MS = 200;
const RETRY_CAP_MS = 60_000;
/** How long a worker stands aside after another replica has moved its checkpoint. */
const STAND_ASIDE_MS = 1_000;

/**
 * Runs one subscription: reads on from the checkpoint, lets the subscriber take effect, batch by batch. Another
 * replica may run the same subscription; the compare-and-set on the checkpoint lets one of them take effect, and the
 * other stands aside. A batch that fails is tried again, with growing pauses, and holds this subscription up: its
 * error is recorded and logged, and nothing is skipped.
 */
export class SubscriptionWorker {
  readonly #logger = new Logger('Subscriptions');
  #stopping = false;
  #loop: Promise<void> | undefined;
  #interrupt: (() => void) | undefined;
  /** As stored; the position reached may be ahead of it by events that had no effect. */
  #checkpoint: Checkpoint | undefined;
  #reached = 0;
  #movedAt = Date.now();
  #failures = 0;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly through: { pools: Pools; tail: LogTail; registry: EventRegistry; board: CheckpointBoard },
  ) {}

  get name(): string {
    return this.subscriber.name;
  }

  get reached(): number {
    return this.#reached;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#interrupt?.();
    await this.#loop;
    await this.#moveIdle().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#step();
        if (this.#failures > 0) await clearFailure(this.through.pools.worker, this.name);
        this.#failures = 0;
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  async #step(): Promise<void> {
    const checkpoint = this.#checkpoint ?? (await this.#load());
    const { tail } = this.through;
    if (tail.head <= this.#reached) {
      await this.#idle();
      return;
    }
    const behind = tail.head - this.#reached;
    const to = this.#reached + Math.min(behind, behind > LIVE_BATCH ? CATCH_UP_BATCH : LIVE_BATCH);
    const rows = await tail.read(this.#reached, to, this.subscriber.eventNames);
    if (rows.length === 0) this.#reach(to);
    else await this.#apply(checkpoint, rows, to);
  }

  async #apply(from: Checkpoint, rows: readonly EventRow[], to: number): Promise<void> {
    const last = rows.at(-1)!;
    const batch = rows.map((row) => recordedEvent(this.through.registry, row));
    const target = { position: last.position!, eventId: last.id };
    if (await this.subscriber.apply(this.through.pools.worker, batch, { from, to: target })) {
      this.#checkpoint = { ...from, position: target.position, event_id: target.eventId };
      this.#movedAt = Date.now();
      this.#reach(to);
      return;
    }
    this.#checkpoint = undefined;
    await this.#pause(STAND_ASIDE_MS);
  }

  /** At the end of the log: wait for more. Every few seconds, store a checkpoint that has fallen behind by events
   *  without effect, or look whether somebody else has moved it (a rebuild starts from 0). */
  async #idle(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, this.#movedAt + IDLE_MOVE_MS - Date.now()));
    });
    await Promise.race([this.through.tail.beyond(this.#reached), due]);
    clearTimeout(timer);
    if (this.#stopping || Date.now() - this.#movedAt < IDLE_MOVE_MS) return;
    if (this.#checkpoint!.position < this.#reached) return this.#moveIdle();
    this.#movedAt = Date.now();
    const stored = await readCheckpoint(this.through.pools.worker, this.name);
    if (stored?.fence !== this.#checkpoint!.fence || stored.position !== this.#checkpoint!.position)
      this.#checkpoint = undefined;
  }

  async #moveIdle(): Promise<void> {
    const from = this.#checkpoint;
    if (from === undefined || from.position >= this.#reached) return;
    const position = this.#reached;
    this.#movedAt = Date.now();
    const moved = await moveCheckpoint(this.through.pools.worker, from, position);
    this.#checkpoint = moved === undefined ? undefined : { ...from, position, event_id: moved };
  }

  async #load(): Promise<Checkpoint> {
    const checkpoint = await readCheckpoint(this.through.pools.worker, this.name);
    if (checkpoint === undefined)
      throw new Error(`${this.name} has no checkpoint. It is made at start; restart this process.`);
    this.#checkpoint = checkpoint;
    this.#reached = checkpoint.position;
    this.through.board.reached(this.name, checkpoint.position);
    return checkpoint;
  }

  #reach(position: number): void {
    this.#reached = position;
    this.through.board.reached(this.name, position);
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#stopping) return;
    this.#failures += 1;
    this.#checkpoint = undefined;
    const text = error instanceof Error ? error.message : String(error);
    const pauseMs = Math.random() * Math.min(RETRY_CAP_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#logger.error(
      `${this.name} stands at position ${this.#reached}: ${text} Try ${this.#failures}, the next in ${Math.round(pauseMs)} ms.`,
    );
    await recordFailure(this.through.pools.worker, this.name, text).catch(() => undefined);
    await this.#pause(pauseMs);
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
