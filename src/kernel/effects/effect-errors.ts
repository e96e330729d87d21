/** Thrown by an effect handler where trying again can't help: the effect is dead-lettered at once, with this cause. */
export class EffectRefused extends Error {
  readonly code = 'effect-refused';
}

/** The call took longer than its handler allows. What it did is unknown. */
export class EffectTimedOut extends Error {
  readonly code = 'effect-timed-out';

  constructor(kind: string, timeoutMs: number) {
    super(`${kind} took longer than ${timeoutMs} ms. Whether it had its effect is unknown.`);
  }
}

/** The process ends, and the call didn't before it. */
export class EffectInterrupted extends Error {
  readonly code = 'effect-interrupted';

  constructor(kind: string) {
    super(`${kind} was under way when its process ended. Whether it had its effect is unknown.`);
  }
}

/** One unit of work intends two things under one key. */
export class EffectKeyReused extends Error {
  readonly code = 'effect-key-reused';

  constructor(kind: string, key: string) {
    super(`${kind} ${key} is intended twice in one command, with different bodies. Give each its own key.`);
  }
}
