import { Inject, Injectable } from '@nestjs/common';
import { EffectWorker } from './effects/effect-worker.js';
import { KERNEL_OPTIONS, type KernelOptions } from './kernel-options.js';
import { OutgoingWorker } from './outgoing/outgoing-worker.js';
import { Retention } from './outgoing/retention.js';
import { SubscriptionEngine } from './subscriptions/subscription-engine.js';

/** What this process works on without a request: subscriptions, stored commands, outbound calls, retention. */
@Injectable()
export class BackgroundWork {
  #stopped: Promise<void> | undefined;
  #abandon: () => void = () => undefined;
  readonly #abandoned = new Promise<void>((resolve) => {
    this.#abandon = resolve;
  });

  constructor(
    private readonly engine: SubscriptionEngine,
    private readonly effects: EffectWorker,
    private readonly outgoing: OutgoingWorker,
    private readonly retention: Retention,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /** @throws ProjectionOutdated when a view must be rebuilt first; nothing works then. */
  async start(): Promise<void> {
    await this.engine.start();
    if (!this.options.runSubscriptions) return;
    for (const worker of [this.effects, this.outgoing, this.retention]) worker.start();
  }

  /** Begins nothing new; resolves when what is under way has ended or is abandoned. May be called more than once. */
  stop(): Promise<void> {
    const parts = [this.engine, this.effects, this.outgoing, this.retention];
    this.#stopped ??= Promise.all(parts.map((part) => part.stop())).then(() => undefined);
    return Promise.race([this.#stopped, this.#abandoned]);
  }

  /** For a stop whose time is over: from now on no caller waits for work under way. Other replicas take it over. */
  async abandon(): Promise<void> {
    this.#stopped?.catch(() => undefined);
    this.#abandon();
    await this.engine.abandon();
  }
}

export const backgroundProviders = [OutgoingWorker, EffectWorker, Retention, BackgroundWork];
