import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { failpoint } from '../failpoints.js';
import { errorText, storable } from '../messages/error-text.js';
import { MessageContext, messageContext } from '../messages/message-context.js';
import { PollingLoop } from '../polling-loop.js';
import { EffectInterrupted, EffectRefused, EffectTimedOut } from './effect-errors.js';
import type { KnownEffect } from './effect-registry.js';
import { claimEffects, type ClaimedEffect } from './sql/claim-effects.js';
import { effectFailed, endEffect } from './sql/end-effect.js';

/** How often a queue reads without being woken: for calls enqueued by other processes, and for those whose worker died. */
const POLL_MS = 1_000;
const FAULT_PAUSE_MS = 500;
/** Polls are at least this far apart where the last one found all there was, or few slots are free: each is a statement,
 *  and may find several. */
const TURN_MS = 20;
/** How long, after the call, its record may take before others may take the effect. Covers a restart of the database. */
const RECORD_MS = 20_000;
const RECORD_AGAIN_MS = 200;
/** What calls under way are given when the process is to end; then they are interrupted, and called again elsewhere. */
const GRACE_MS = 5_000;

/**
 * Executes the effects of one kind in this process.
 *
 *   due ──▶ claimed (until a time by the database's clock) ──▶ called, outside any transaction ──▶ recorded: done
 *                                                          ──▶ fails, or takes too long ──▶ pending, after a pause
 *                                                          ──▶ refused, or the last try ──▶ dead-lettered
 *   the process dies anywhere after the claim ──▶ the claim ends ──▶ another worker calls again, with the same key
 *
 * Each kind has slots of its own, so that a system that hangs holds up nothing but itself.
 */
export class EffectQueue {
  readonly #logger = new Logger('Effects');
  readonly #calls = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  readonly #loop = new PollingLoop({ turn: () => this.#turn(), failed: (error) => this.#claimFailed(error) });
  #stopped: Promise<void> | undefined;
  /** When the first of the calls that failed here is due again; monotonic clock, in ms. */
  #retryAt = Infinity;
  /** Monotonic clock, in ms, as all times here: a step of the system's clock must not make a queue sleep. */
  #polledAt = -Infinity;

  constructor(
    private readonly effect: KnownEffect,
    private readonly pools: Pools,
  ) {}

  start(): void {
    this.#loop.start();
  }

  /** Polls now instead of at the next interval. */
  wake(): void {
    this.#loop.wake();
  }

  /** Claims nothing more, gives calls under way a few seconds, and interrupts what is left. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const stopped = this.#loop.stop();
    const interrupt = setTimeout(() => this.#ending.abort(new EffectInterrupted(this.effect.kind)), GRACE_MS);
    await stopped;
    await Promise.all(this.#calls);
    clearTimeout(interrupt);
  }

  async #turn(): Promise<number> {
    const free = this.effect.concurrency - this.#calls.size;
    const waitMs = this.#polledAt + TURN_MS - performance.now();
    if (free === 0) await Promise.race(this.#calls);
    else if (waitMs > 0 && free < this.effect.concurrency / 2) await Promise.race([...this.#calls, pause(waitMs)]);
    else if ((await this.#claim(free)) < free) await this.#rest();
    return 0;
  }

  #claimFailed(error: unknown): number {
    this.#logger.warn(`${this.effect.kind} could not be claimed. ${String(error)}`);
    return FAULT_PAUSE_MS;
  }

  /** @returns how many calls were begun. */
  async #claim(free: number): Promise<number> {
    this.#polledAt = performance.now();
    if (this.#retryAt <= this.#polledAt) this.#retryAt = Infinity;
    const { kind, maxTries, timeoutMs } = this.effect;
    const claimed = await claimEffects(this.pools.worker, {
      kind,
      maxTries,
      limit: free,
      claimMs: timeoutMs + RECORD_MS,
    });
    await failpoint('effect.after-claim');
    for (const effect of claimed) this.#begin(effect);
    return claimed.length;
  }

  async #rest(): Promise<void> {
    await this.#loop.rest(Math.min(POLL_MS, this.#retryAt - performance.now()));
    await pause(this.#polledAt + TURN_MS - performance.now());
  }

  #begin(effect: ClaimedEffect): void {
    if (effect.state === 'dead-lettered')
      return this.#logDeadLettered(effect, 'its workers ended during the call, each time');
    const call = this.#attempt(effect).finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  }

  /** Never rejects: what can't be recorded is called again once the claim has ended. */
  async #attempt(effect: ClaimedEffect): Promise<void> {
    try {
      const result = this.#storedAnswer(effect, await this.#call(effect));
      await failpoint('effect.after-call-before-record');
      await this.#record(effect, () => endEffect(this.pools.worker, effect.id, result));
    } catch (error) {
      await this.#failed(effect, error);
    }
  }

  async #call(effect: ClaimedEffect): Promise<unknown> {
    const { kind, timeoutMs, handler } = this.effect;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new EffectTimedOut(kind, timeoutMs)), timeoutMs);
    const signal = AbortSignal.any([late.signal, this.#ending.signal]);
    const { key, body, attempts: attempt, intendedAt } = effect;
    try {
      const call = messageContext.run(contextFor(effect), async () =>
        handler.handle({ kind, key, body, attempt, intendedAt }, signal),
      );
      return await Promise.race([call, rejectionOn(signal)]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** As JSON, as far as it can be stored: the call has happened, and an odd answer mustn't make it happen again. */
  #storedAnswer({ kind, key }: ClaimedEffect, answer: unknown): string | null {
    try {
      return (
        JSON.stringify(answer, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value)) ?? null
      );
    } catch (error) {
      this.#logger.warn(`${kind} ${key} was called, but its result cannot be stored: ${errorText(error)}`);
      return null;
    }
  }

  async #failed(effect: ClaimedEffect, error: unknown): Promise<void> {
    const { id, attempts } = effect;
    const isLast = attempts >= this.effect.maxTries || error instanceof EffectRefused;
    const tryInMs = isLast ? undefined : this.#pauseAfter(attempts);
    const text = errorText(error);
    await this.#record(effect, () => effectFailed(this.pools.worker, { id, attempts, error: text, tryInMs }));
    if (tryInMs === undefined) this.#logDeadLettered(effect, text);
    else this.#retryAt = Math.min(this.#retryAt, performance.now() + tryInMs);
    this.#loop.wake();
  }

  /** Full jitter: many effects that failed together don't come back together. */
  #pauseAfter(attempts: number): number {
    const { retryFirstMs, retryCapMs } = this.effect;
    return Math.random() * Math.min(retryCapMs, retryFirstMs * 2 ** attempts);
  }

  /** Insists for as long as the effect is surely this worker's: the call has happened, and a repeat is worse. */
  async #record(effect: ClaimedEffect, write: () => Promise<void>): Promise<void> {
    const giveUpAt = performance.now() + RECORD_MS;
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (this.#loop.isStopping || performance.now() > giveUpAt) {
          this.#logger.warn(`${effect.kind} ${effect.key} was called, and could not be recorded. ${String(error)}`);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN_MS));
      }
    }
  }

  #logDeadLettered({ kind, key, attempts }: ClaimedEffect, cause: string): void {
    this.#logger.error(
      `${kind} ${key} is dead-lettered after ${attempts} ${attempts === 1 ? 'try' : 'tries'}: ${cause}`,
    );
  }
}

/** What the call does is caused by what the intent was caused by. */
function contextFor({ kind, tenant, context }: ClaimedEffect): MessageContext {
  return new MessageContext({ ...context, tenant, actor: { type: 'system', id: kind }, pool: 'worker' });
}

function rejectionOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });
}
