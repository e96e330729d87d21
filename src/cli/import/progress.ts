import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Kind } from './tally.js';

/** Shows how far an import is, and what is wrong with rows, while it runs. */
export interface ImportProgress {
  begin(kind: Kind, sizeBytes: number): void;
  /** A row is done that ends at this byte of the file; rows may come out of order. */
  advance(end: number): void;
  report(text: string): void;
  stop(): void;
}

/** Plain lines this far apart: often enough to see that it lives, seldom enough for a log. */
const LINE_EVERY_MS = 2_000;

/** Rows, rate and the time left, over all files together; estimated from bytes, since the number of rows isn't known ahead. */
class Pace {
  kind: Kind = 'products';
  rows = 0;
  #before = 0;
  #at = 0;
  #size = 0;
  readonly #startedAt = performance.now();

  constructor(readonly totalBytes: number) {}

  begin(kind: Kind, sizeBytes: number): void {
    this.#before += this.#size;
    [this.kind, this.#size, this.#at] = [kind, sizeBytes, 0];
  }

  advance(end: number): void {
    this.rows += 1;
    this.#at = Math.max(this.#at, end);
  }

  get bytes(): number {
    return this.#before + this.#at;
  }

  get percent(): number {
    return this.totalBytes === 0 ? 100 : Math.floor((100 * this.bytes) / this.totalBytes);
  }

  get rate(): string {
    return `${Math.round(this.rows / Math.max(this.#seconds, 0.001))}/s`;
  }

  get left(): string {
    if (this.bytes === 0) return '…';
    const seconds = Math.ceil((this.#seconds * (this.totalBytes - this.bytes)) / this.bytes);
    return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  }

  get #seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }
}

class ProgressBar implements ImportProgress {
  readonly #pace: Pace;
  readonly #bars: MultiBar;
  readonly #bar: SingleBar;

  constructor(totalBytes: number, stream: NodeJS.WriteStream) {
    this.#pace = new Pace(totalBytes);
    const format = '{bar} {percentage} % · {kind} · {rows} rows · {rate} · {left} left';
    const options = { format, stream, hideCursor: true, clearOnComplete: true, linewrap: false, gracefulExit: false };
    this.#bars = new MultiBar(options, Presets.shades_grey);
    this.#bar = this.#bars.create(totalBytes, 0, this.#payload());
  }

  begin(kind: Kind, sizeBytes: number): void {
    this.#pace.begin(kind, sizeBytes);
    this.#bar.update(this.#pace.bytes, this.#payload());
  }

  advance(end: number): void {
    this.#pace.advance(end);
    this.#bar.update(this.#pace.bytes, this.#payload());
  }

  report(text: string): void {
    this.#bars.log(`${text}\n`);
    this.#bars.update();
  }

  stop(): void {
    this.#bars.stop();
  }

  #payload(): Record<'kind' | 'rows' | 'rate' | 'left', string | number> {
    const { kind, rows, rate, left } = this.#pace;
    return { kind, rows, rate, left };
  }
}

class ProgressLines implements ImportProgress {
  readonly #pace: Pace;
  #nextAt = performance.now() + LINE_EVERY_MS;

  constructor(
    totalBytes: number,
    private readonly stream: NodeJS.WritableStream,
  ) {
    this.#pace = new Pace(totalBytes);
  }

  begin(kind: Kind, sizeBytes: number): void {
    this.#pace.begin(kind, sizeBytes);
  }

  advance(end: number): void {
    this.#pace.advance(end);
    if (performance.now() < this.#nextAt) return;
    this.#nextAt = performance.now() + LINE_EVERY_MS;
    const { percent, kind, rows, rate, left } = this.#pace;
    this.report(`${percent} % · ${kind} · ${rows} rows · ${rate} · ${left} left`);
  }

  report(text: string): void {
    this.stream.write(`${text}\n`);
  }

  stop(): void {
    // Nothing is drawn that would have to go.
  }
}

/** A bar on a terminal, plain lines elsewhere. */
export function progressOn(stream: NodeJS.WriteStream, totalBytes: number): ImportProgress {
  return stream.isTTY ? new ProgressBar(totalBytes, stream) : new ProgressLines(totalBytes, stream);
}
