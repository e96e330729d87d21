import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one wanted order was to be, in words of the one who wants it. */
export interface Intent {
  /** Unique; stands on the parcel (`shipTo.name`), so that the order can be told from outside. */
  readonly name: string;
  readonly customerId: string;
  readonly placedAt: string;
  readonly lines: readonly {
    readonly sku: string;
    readonly unitPrice: number;
    readonly quantity: number;
    readonly discountPercent: number;
  }[];
  readonly shipping: number;
}

/** One thing that the client knows for sure, at its own time in milliseconds. */
export type Entry =
  | { readonly at: number; readonly kind: 'wanted'; readonly key: string; readonly intent: Intent }
  | { readonly at: number; readonly kind: 'acknowledged'; readonly key: string; readonly body: string }
  | {
      readonly at: number;
      readonly kind: 'refused';
      readonly key: string;
      readonly status: number;
      readonly body: string;
    }
  /** An answer 5xx, or none (0): nothing is known of what was asked for. */
  | { readonly at: number; readonly kind: 'failed'; readonly status: number }
  /** What was acknowledged was looked for with the token of its answer; `consistency`: what the read said it lacks. */
  | {
      readonly at: number;
      readonly kind: 'read';
      readonly key: string;
      readonly shown: boolean;
      readonly consistency?: string | undefined;
    }
  /**
   * The database went back to a state of before: acknowledgements of these keys are not in it. Only what was acknowledged
   * after `since` may be among them.
   */
  | { readonly at: number; readonly kind: 'went-back'; readonly since: number; readonly keys: readonly string[] }
  /** A change was acknowledged that is one event of its stream. */
  | { readonly at: number; readonly kind: 'step'; readonly key: string; readonly step: Step };

/** What the client was told: this event is at that version of the stream. */
export interface Step {
  readonly stream: string;
  readonly event: string;
  readonly version: number;
}

/**
 * The outside ledger: what a client asked for and what it was told, in an append-only file that no part of the system
 * under test can reach. Written before anything else happens with an answer, so that it never claims too little.
 */
export class Ledger {
  readonly #folder = mkdtempSync(join(tmpdir(), 'waybill-ledger-'));
  readonly #path = join(this.#folder, 'ledger.jsonl');
  #acknowledged = 0;
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  /** Answers so far, repeats included. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  write(entry: Entry): void {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
    if (entry.kind !== 'acknowledged') return;
    this.#acknowledged += 1;
    for (const waiter of this.#waiting) {
      if (this.#acknowledged < waiter.count) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves after so many more acknowledgements. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ count: this.#acknowledged + count, resolve }));
  }

  read(): Entry[] {
    const lines = readFileSync(this.#path, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Entry);
  }

  discard(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
