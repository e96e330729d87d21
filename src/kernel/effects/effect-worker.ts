import { Injectable } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogBell } from '../event-log/log-bell.js';
import { EffectLane } from './effect-lane.js';
import { EffectRegistry } from './effect-registry.js';

/** Carries out what was intended, in processes that run subscriptions. Any number of replicas share the work by claims. */
@Injectable()
export class EffectWorker {
  #lanes: readonly EffectLane[] = [];
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly registry: EffectRegistry,
    private readonly pools: Pools,
    private readonly bell: LogBell,
  ) {}

  start(): void {
    this.#lanes = this.registry.all().map((effect) => new EffectLane(effect, this.pools));
    for (const lane of this.#lanes) lane.start();
    this.#stopListening = this.bell.onWork('effects', () => {
      for (const lane of this.#lanes) lane.wake();
    });
  }

  /** Ends once no call is under way any more: after a few seconds at most. May be called more than once. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
  }
}
