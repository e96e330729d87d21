import { ProblemError } from '../problems/problem-error.js';

/** How long a request may wait for its turn; longer would only be a slower refusal. */
const MAX_WAIT_MS = 250;
/** The last one of so many shares of the places is for callers that hold less than a share. */
const SHARES = 4;

interface Waiting {
  readonly caller: string;
  readonly admit: (slot: AdmissionSlot) => void;
  readonly timer: NodeJS.Timeout;
}

/** A request's place among those under way; given back once, when its answer has left and its handler has ended. */
export class AdmissionSlot {
  #holders = 1;
  #isGivenBack = false;

  constructor(private readonly release: () => void) {}

  /** One more part of the request that keeps the place. */
  hold(): void {
    this.#holders += 1;
  }

  leave(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.giveBack();
  }

  /** Ends it before its holders leave: what they still wait for needs no place. */
  giveBack(): void {
    if (!this.#isGivenBack) this.release();
    this.#isGivenBack = true;
  }
}

/** A number of uses, and how many of them each caller has. A caller with a share of them leaves the last share to others. */
class Shares {
  readonly #of = new Map<string, number>();
  readonly #share: number;
  #total = 0;

  constructor(private readonly limit: number) {
    this.#share = Math.max(1, Math.floor(limit / SHARES));
  }

  get total(): number {
    return this.#total;
  }

  hasRoomFor(caller: string): boolean {
    const isLarge = (this.#of.get(caller) ?? 0) >= this.#share;
    return this.#total < (isLarge ? this.limit - this.#share : this.limit);
  }

  add(caller: string): void {
    this.#total += 1;
    this.#of.set(caller, (this.#of.get(caller) ?? 0) + 1);
  }

  remove(caller: string): void {
    this.#total -= 1;
    const left = this.#of.get(caller)! - 1;
    if (left === 0) this.#of.delete(caller);
    else this.#of.set(caller, left);
  }
}

/**
 * Places for requests under way, and a queue of the same length in which a request waits for at most 250 ms. One caller gets
 * three quarters of both, so that the next caller finds room at once, whatever the first one does.
 */
export class Places {
  readonly #taken: Shares;
  readonly #queued: Shares;
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly limit: number) {
    this.#taken = new Shares(limit);
    this.#queued = new Shares(limit);
  }

  get underWay(): number {
    return this.#taken.total;
  }

  /**
   * @param caller who has the place
   * @param extra places beyond the limit and the shares, for callers that must always get one
   * @throws ProblemError `overloaded`, at once or after at most 250 ms
   */
  enter(caller: string, extra = 0): AdmissionSlot | Promise<AdmissionSlot> {
    const isBeyond = extra > 0 && this.#taken.total < this.limit + extra;
    if (isBeyond || this.#taken.hasRoomFor(caller)) return this.#admit(caller);
    if (!this.#queued.hasRoomFor(caller)) throw overloaded();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        caller,
        admit: resolve,
        timer: setTimeout(() => {
          this.#dequeue(waiting);
          reject(overloaded());
        }, MAX_WAIT_MS),
      };
      this.#waiting.add(waiting);
      this.#queued.add(caller);
    });
  }

  #admit(caller: string): AdmissionSlot {
    this.#taken.add(caller);
    return new AdmissionSlot(() => this.#release(caller));
  }

  /** The place goes to whoever waits longest of those that may have it. */
  #release(caller: string): void {
    this.#taken.remove(caller);
    for (const waiting of this.#waiting) {
      if (!this.#taken.hasRoomFor(waiting.caller)) continue;
      this.#dequeue(waiting);
      waiting.admit(this.#admit(waiting.caller));
      return;
    }
  }

  #dequeue(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    this.#queued.remove(waiting.caller);
  }
}

function overloaded(): ProblemError {
  return new ProblemError('overloaded', 'Server overloaded. Retry after Retry-After.');
}
