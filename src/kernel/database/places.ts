/** The last one of so many shares of the places is for callers that hold less than a share. */
const SHARES = 4;

interface Waiting {
  readonly caller: string;
  readonly extra: number;
  readonly admit: (slot: Slot) => void;
  readonly timer: NodeJS.Timeout;
}

/** One use of something limited; given back once, by the last of its holders. */
export class Slot {
  #holders = 1;
  #isGivenBack = false;

  constructor(private readonly release: () => void) {}

  /** One more holder. */
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

  isLarge(caller: string): boolean {
    return (this.#of.get(caller) ?? 0) >= this.#share;
  }

  hasRoomFor(caller: string): boolean {
    return this.#total < (this.isLarge(caller) ? this.limit - this.#share : this.limit);
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

export interface PlacesOptions {
  readonly limit: number;
  /** Callers that may wait for a place; one of them has at most three quarters of these too. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Why a caller gets no place: thrown at once where too many wait, and after `maxWaitMs`. */
  readonly refusal: () => Error;
}

/**
 * A limited number of uses, and a queue for them. One caller gets three quarters of both, so that the next caller finds room
 * at once, whatever the first one does. Used for requests under way, and for connections to the database.
 */
export class Places {
  readonly #taken: Shares;
  readonly #queued: Shares;
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly options: PlacesOptions) {
    this.#taken = new Shares(options.limit);
    this.#queued = new Shares(options.maxWaiting);
  }

  get taken(): number {
    return this.#taken.total;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many wait although their caller has less than a share: for others, not for themselves. */
  get waitingForOthers(): number {
    return [...this.#waiting].filter(({ caller }) => !this.#taken.isLarge(caller)).length;
  }

  /**
   * @param caller who has the place
   * @param extra places beyond the limit and the shares, for callers that must always get one
   * @throws the refusal, at once or after at most `maxWaitMs`
   */
  enter(caller: string, extra = 0): Slot | Promise<Slot> {
    if (this.#hasRoom(caller, extra)) return this.#admit(caller);
    if (!this.#queued.hasRoomFor(caller)) throw this.options.refusal();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        caller,
        extra,
        admit: resolve,
        timer: setTimeout(() => {
          this.#dequeue(waiting);
          reject(this.options.refusal());
        }, this.options.maxWaitMs),
      };
      this.#waiting.add(waiting);
      this.#queued.add(caller);
    });
  }

  #admit(caller: string): Slot {
    this.#taken.add(caller);
    return new Slot(() => this.#release(caller));
  }

  #hasRoom(caller: string, extra: number): boolean {
    return this.#taken.hasRoomFor(caller) || (extra > 0 && this.#taken.total < this.options.limit + extra);
  }

  /** The place goes to whoever waits longest of those that may have it; one that is given back may make room for several. */
  #release(caller: string): void {
    this.#taken.remove(caller);
    for (const waiting of this.#waiting) {
      if (!this.#hasRoom(waiting.caller, waiting.extra)) continue;
      this.#dequeue(waiting);
      waiting.admit(this.#admit(waiting.caller));
    }
  }

  #dequeue(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    this.#queued.remove(waiting.caller);
  }
}
