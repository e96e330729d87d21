import type { Outcome } from './take-in.js';

export const KINDS = ['products', 'customers', 'orders'] as const;
export type Kind = (typeof KINDS)[number];

type Column = Outcome | 'bad';
const COLUMNS: readonly Column[] = ['new', 'updated', 'already there', 'bad'];

/** How many rows of each kind went which way. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #untrimmed = 0;
  #firstUntrimmed = '';
  readonly #startedAt = performance.now();

  add(kind: Kind, column: Column, count = 1): void {
    const key = `${kind} ${column}`;
    this.#counts.set(key, this.of(kind, column) + count);
  }

  of(kind: Kind, column: Column): number {
    return this.#counts.get(`${kind} ${column}`) ?? 0;
  }

  get rows(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get bad(): number {
    return KINDS.reduce((sum, kind) => sum + this.of(kind, 'bad'), 0);
  }

  /** Counts a bad row that trimming would make a good one. */
  addUntrimmed(place: string): void {
    if (this.#untrimmed === 0) this.#firstUntrimmed = place;
    this.#untrimmed += 1;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  /** What to do about the bad rows, in a line for each kind of flaw; empty when there are none. */
  advice(): string {
    const others = this.bad - this.#untrimmed;
    const lines = [];
    if (this.#untrimmed > 0) {
      const left = `${rows(this.#untrimmed)} left out for spaces at the ends of texts`;
      lines.push(
        `${left}, the first at ${this.#firstUntrimmed}. Run the import again with --trim to take them in trimmed.`,
      );
    }
    if (others > 0) {
      const bad = `${others === 1 ? '1 row is' : `${others} rows are`} bad, see above${this.#untrimmed === 0 ? '; all others are in' : ''}`;
      lines.push(`${bad}. Correct them and run the import again: nothing is taken twice.`);
    }
    return lines.join('\n');
  }

  /** One line for each kind, and one for all. */
  summary(): string {
    const width = Math.max(...KINDS.flatMap((kind) => COLUMNS.map((column) => String(this.of(kind, column)).length)));
    const lines = KINDS.map((kind) => {
      const cells = COLUMNS.map((column) => `${String(this.of(kind, column)).padStart(width)} ${column}`);
      return `${kind.padEnd(10)} ${cells.join(', ')}`;
    });
    const rate = Math.round(this.rows / Math.max(this.seconds, 0.001));
    return [...lines, `${this.rows} rows in ${this.seconds.toFixed(1)} s (${rate}/s)`].join('\n');
  }
}

function rows(count: number): string {
  return count === 1 ? '1 row was' : `${count} rows were`;
}
