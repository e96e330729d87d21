import { SetMetadata } from '@nestjs/common';
import { PERMANENT_NAME } from '../domain/permanent-name.js';

export const EFFECT_METADATA = 'waybill:effect';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export interface EffectOptions {
  /** Calls of this kind under way at once in one process, so that a slow system delays no other kind. Default 4. */
  readonly concurrency?: number;
  /** How long one call may take; then its signal aborts, and what it did is unknown. Default 10 s. */
  readonly timeoutMs?: number;
  /** Tries before it is dead-lettered. The default, 12, spans some half an hour: longer than most outages. */
  readonly maxTries?: number;
  /** Upper end of the first random pause between tries; doubles each time. Default 500 ms. */
  readonly retryFirstMs?: number;
  /** Upper end of any random pause. Default 15 min. */
  readonly retryCapMs?: number;
}

export interface EffectDeclaration extends Required<EffectOptions> {
  readonly kind: string;
}

const DEFAULTS: Required<EffectOptions> = {
  concurrency: 4,
  timeoutMs: 10 * SECOND,
  maxTries: 12,
  retryFirstMs: 500,
  retryCapMs: 15 * MINUTE,
};

/** One intent, as its handler gets it. */
export interface Effect<Body = unknown> {
  readonly kind: string;
  /** The same for every try: sent to the other system, so that it can recognize a repeat. */
  readonly key: string;
  readonly body: Body;
  /** 1 for the first. From the second on, an earlier try may have succeeded without its result being recorded. */
  readonly attempt: number;
  readonly intendedAt: string;
}

/**
 * Talks to the outside. What it returns is kept as the effect's result (JSON, no personal data).
 *
 * @throws EffectRefused to dead-letter the effect at once; anything else is tried again.
 */
export interface IEffectHandler<Body = unknown> {
  handle(effect: Effect<Body>, signal: AbortSignal): Promise<unknown>;
}

/**
 * Marks the class that executes effects of one kind, outside any transaction, at least once.
 *
 * ```ts
 * @EffectHandler('notifications.deliver')
 * export class DeliverNotification implements IEffectHandler<{ notificationId: string }> {
 *   async handle({ key, body }, signal) { … }
 * }
 * ```
 *
 * @param kind `<context>.<verb-in-kebab>`; permanent: stored intents find their handler by it.
 */
export function EffectHandler(kind: string, options: EffectOptions = {}): ClassDecorator {
  if (!PERMANENT_NAME.test(kind)) {
    throw new Error(
      `"${kind}" is no kind of effect. Write <context>.<verb-in-kebab>, such as 'notifications.deliver'.`,
    );
  }
  return SetMetadata(EFFECT_METADATA, { ...DEFAULTS, ...options, kind } satisfies EffectDeclaration);
}
