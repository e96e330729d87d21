import { reactionsOf, type EventClass } from './on.js';

/**
 * A consistency boundary whose state is the fold of its events. A subclass decides in its public methods (record an
 * event, refuse, or name a repeat) and changes state only in its `@On` methods, so that loading and deciding agree.
 *
 * ```ts
 * export class Basket extends Aggregate {
 *   #lines = 0;
 *   add(sku: string): void { this.record(new LineAdded(this.id, sku)); }
 *   @On(LineAdded) protected lineAdded(): void { this.#lines += 1; }
 * }
 * ```
 */
export abstract class Aggregate {
  #version = 0;
  #recorded: object[] = [];

  constructor(readonly id: string) {}

  /** The number of events behind the state, stored and recorded; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  /** The version as it is stored: what the next save expects to find. */
  get storedVersion(): number {
    return this.#version - this.#recorded.length;
  }

  /** Events recorded since the last save, oldest first. */
  get recorded(): readonly object[] {
    return this.#recorded;
  }

  /** Applies stored events, oldest first. Called by repositories and tests, never by the aggregate itself. */
  replay(events: Iterable<object>): void {
    for (const event of events) this.#evolve(event);
  }

  /** Sets the version of a state-stored aggregate that was loaded without its events. */
  restoredAt(version: number): void {
    this.#version = version;
  }

  /** Forgets the recorded events once they belong to a unit of work. Called by repositories. */
  markSaved(): void {
    this.#recorded = [];
  }

  protected record(event: object): void {
    this.#evolve(event);
    this.#recorded.push(event);
  }

  #evolve(event: object): void {
    const type = this.constructor as abstract new (...args: never[]) => object;
    const method = reactionsOf(type).get(event.constructor as EventClass);
    if (method !== undefined) (this as unknown as Record<string, (event: object) => void>)[method]!(event);
    this.#version += 1;
  }
}
