/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Seeded {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True so often: `0.1` is one time in ten. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }
}

/**
 * The run's seed: `CHAOS_SEED` repeats a plan (the plan, not every interleaving); unset: another one each time. Printed,
 * so that a failure can be repeated.
 */
export function chaos(title: string): Seeded {
  const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
  process.stderr.write(`${title}: CHAOS_SEED=${seed} CHAOS_ROUNDS=${chaosRounds()}\n`);
  return new Seeded(seed);
}

/** How many times as many crashes as in the short run: `CHAOS_ROUNDS=20 npm run test:durability`. */
export function chaosRounds(): number {
  return Number(process.env['CHAOS_ROUNDS'] ?? 1);
}
