import type { Outcome } from './import-row.js';
import { UntrimmedRows } from './untrimmed-rows.js';

export const KINDS = ['products', 'customers', 'orders'] as const;
export type Kind = (typeof KINDS)[number];

type Column = Outcome | 'bad';
const COLUMNS: readonly Column[] = ['new', 'updated', 'already there', 'bad'];

/** How many rows of each kind went which way. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly untrimmed = new UntrimmedRows();
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

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  /** What to do about the bad rows, in a line for each kind of flaw; empty when there are none. */
  advice(): string {
    const others = this.bad - this.untrimmed.count;
    if (others === 0) return this.untrimmed.advice();
    const bad = `${others === 1 ? '1 row is' : `${others} rows are`} bad; see the reasons above`;
    const what = 'Correct them and run the import again; nothing is imported twice.';
    if (this.untrimmed.count === 0) return `${bad}. All others are imported. ${what}`;
    return `${this.untrimmed.advice()}\n${bad}. ${what}`;
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
