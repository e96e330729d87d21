import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import { EffectQueue } from './effect-queue.js';
import { EffectRegistry } from './effect-registry.js';

/** Executes committed effects, in processes that run subscriptions. Any number of replicas share the work by claims. */
@Injectable()
export class EffectWorker {
  #queues: readonly EffectQueue[] = [];
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly registry: EffectRegistry,
    private readonly pools: Pools,
    private readonly signal: CommitSignal,
  ) {}

  start(): void {
    this.#queues = this.registry.all().map((effect) => new EffectQueue(effect, this.pools));
    for (const queue of this.#queues) queue.start();
    this.#stopListening = this.signal.onWork('effects', () => {
      for (const queue of this.#queues) queue.wake();
    });
  }

  /** Ends once no call is under way any more: after a few seconds at most. May be called more than once. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    await Promise.all(this.#queues.map((queue) => queue.stop()));
  }
}
