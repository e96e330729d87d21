import type { EventRow } from './stored-event.js';
import type { LogPart } from './sql/read-log.js';

/**
 * The last parts of the log in memory, one behind the other, with the events of some names: the subscriptions at the end of
 * the log share one read. A reader gets whole parts, because the event at the end of each is known, whatever its name.
 */
export class LogMemory {
  /** Positions kept. */
  static readonly size = 2_000;

  #parts: LogPart[] = [];
  #names: readonly string[] = [];

  get names(): readonly string[] {
    return this.#names;
  }

  /** The names whose events are kept from now on. Names that are new were not read before: then nothing is known. */
  keepOnly(names: readonly string[]): void {
    if (!names.every((name) => this.#names.includes(name))) this.clear();
    this.#names = names;
  }

  /** Adds a part that was read with these names. One that doesn't go on where the last one ends begins anew: a hole would be
   *  passed over by every reader. */
  add(part: LogPart, names: readonly string[]): void {
    const isWhole = this.#names.every((name) => names.includes(name));
    if (!isWhole || part.after !== this.#parts.at(-1)?.to) this.clear();
    if (!isWhole) return;
    const lowest = part.to - LogMemory.size;
    this.#parts = [...this.#parts.filter(({ to }) => to > lowest), part];
  }

  /** From a position that is in memory to the end of the last part that isn't beyond `to`; undefined: not in memory. */
  read(after: number, to: number, names: readonly string[]): LogPart | undefined {
    const first = this.#parts[0];
    if (first === undefined || after < first.after || !names.every((name) => this.#names.includes(name)))
      return undefined;
    const parts = this.#parts.filter((part) => part.to > after && part.to <= to);
    const last = parts.at(-1);
    if (last === undefined) return undefined;
    const wanted = new Set(names);
    const rows = parts.flatMap((part) => part.rows.filter((row) => row.position! > after && wanted.has(row.name)));
    return { rows, after, to: last.to, eventId: last.eventId, afterEventId: undefined };
  }

  rows(): readonly EventRow[] {
    return this.#parts.flatMap(({ rows }) => rows);
  }

  clear(): void {
    this.#parts = [];
  }
}
