import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager, QueryRunner } from 'typeorm';

const storage = new AsyncLocalStorage<Savepoint>();
/** Savepoints that a query runner has begun and not ended, the innermost last. */
const begunBy = new WeakMap<QueryRunner, Savepoint[]>();

/**
 * The transaction of a unit of work, or a savepoint in it, which is what a handler's transaction() is.
 *
 * All of them share one connection, so a savepoint undoes everything that was sent since it began. Parts of a handler that
 * run side by side therefore take turns: a savepoint begins when no query of its outer one is under way, and from then on
 * queries and savepoints of the outer one wait until it has ended. What belongs to a savepoint is known by the async
 * context of transaction()'s callback, or by the query runner that began it.
 */
export class Savepoint {
  /** Something was added to the commit while it was open. */
  hasChanges = false;
  /** It has a callback, whose async context shows what belongs to it. */
  hasCallback = false;
  #running = 0;
  #inner: Savepoint | undefined;
  #hasEnded = false;
  readonly #waiting = new Set<() => void>();

  /** @param limitMs how long a query waits for a savepoint beside it: the two may wait for each other. */
  constructor(
    private readonly limitMs: number,
    readonly outer?: Savepoint,
  ) {}

  get isBusy(): boolean {
    return this.#running > 0 || this.#inner !== undefined;
  }

  /** Where the calling code runs: in this one, or in one inside it. */
  current(): Savepoint {
    const savepoint = storage.getStore();
    return savepoint?.isWithin(this) === true ? savepoint : this;
  }

  isWithin(other: Savepoint): boolean {
    return this === other || this.outer?.isWithin(other) === true;
  }

  /** Runs a query when no savepoint inside is open. @throws Error after its end. */
  async query<T>(work: () => Promise<T>): Promise<T> {
    while (this.#inner !== undefined) await this.#turn(() => this.#inner === undefined);
    this.assertOpen();
    return this.control(work);
  }

  /** Runs a statement that begins or ends this savepoint. */
  async control<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#changed();
    }
  }

  /** A savepoint inside this one, once nothing else of this one is under way. */
  async begin(): Promise<Savepoint> {
    while (this.isBusy) await this.#turn(() => !this.isBusy);
    this.assertOpen();
    return (this.#inner = new Savepoint(this.limitMs, this));
  }

  /** Takes no more queries, and waits for those under way. */
  async finish(): Promise<void> {
    this.end();
    while (!this.#isIdle()) await this.#turn(() => this.#isIdle());
  }

  /** Lets the outer one go on. */
  leave(): void {
    this.end();
    const { outer } = this;
    if (outer === undefined) return;
    if (outer.#inner === this) outer.#inner = undefined;
    outer.#changed();
  }

  /** Takes no more queries, neither do those inside. */
  end(): void {
    this.#hasEnded = true;
    this.#inner?.end();
    this.#changed();
  }

  /** @throws Error when it or one around it has ended. */
  assertOpen(): void {
    if (this.#hasEnded) throw lateQuery();
    this.outer?.assertOpen();
  }

  /** @throws Error when one that was begun inside it hasn't ended: half of it would be kept. */
  assertNoneInside(): void {
    this.assertOpen();
    if (this.#inner !== undefined) throw lateQuery();
  }

  /** Marks every open savepoint that the calling code may be in: a rollback to it would leave the change in the commit. */
  noteChange(): void {
    for (let at: Savepoint | undefined = this.current(); at !== undefined; at = at.outer) at.hasChanges = true;
    for (let at = this.#inner; at !== undefined; at = at.#inner) if (!at.hasCallback) at.hasChanges = true;
  }

  #isIdle(): boolean {
    return this.#running === 0 && (this.#inner === undefined || this.#inner.#isIdle());
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    if (this.outer !== undefined) this.outer.#changed();
  }

  /** Waits until it may be this caller's turn. The caller checks again: another one may have been faster. */
  async #turn(isFree: () => boolean): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    const isLate = new Promise<never>((_, reject) => {
      limit = setTimeout(() => reject(new WaitedTooLong(this.limitMs)), this.limitMs);
    });
    try {
      while (!isFree()) {
        this.#assertUnitOpen();
        await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), isLate]);
      }
    } finally {
      clearTimeout(limit);
    }
  }

  /** @throws Error when the unit has ended: a savepoint has nothing to wait for then. */
  #assertUnitOpen(): void {
    if (this.outer !== undefined) this.outer.#assertUnitOpen();
    else if (this.#hasEnded) throw lateQuery();
  }
}

/** Two parts of a handler seem to wait for each other. */
export class WaitedTooLong extends Error {
  constructor(limitMs: number) {
    super(
      `A query of a command waited ${limitMs / 1_000} s for a transaction() of the same command, which runs beside it and may ` +
        'be waiting for it. Inside a transaction() await only what its callback has started; while a query runner’s ' +
        'transaction is open, use that runner’s manager.',
    );
  }
}

export function changesRolledBack(): Error {
  return new Error(
    'A transaction() that was rolled back had saved an aggregate, published an event or sent a command, which would be in ' +
      'the commit without its rows. The whole command is rolled back. Do these after the transaction(), or let its error through.',
  );
}

/** The savepoints that a runner has begun. */
export function savepointsOf(runner: QueryRunner): Savepoint[] {
  const known = begunBy.get(runner) ?? [];
  begunBy.set(runner, known);
  return known;
}

/** Makes the callback of transaction() run inside the savepoint that it begins. */
export function withCallbacksInside(manager: EntityManager): EntityManager {
  const transaction: (...args: unknown[]) => Promise<unknown> = manager.transaction.bind(manager) as never;
  return Object.assign(manager, {
    transaction: (...args: unknown[]) => {
      const work = args.find((arg) => typeof arg === 'function') as (inner: EntityManager) => Promise<unknown>;
      if (isOfUnit(manager)) return beginInside(manager, work);
      const isolation = args.filter((arg) => typeof arg === 'string');
      return transaction(...isolation, (inner: EntityManager) => runInside(inner, () => work(inner)));
    },
  });
}

function isOfUnit({ queryRunner }: EntityManager): boolean {
  return queryRunner !== undefined && begunBy.has(queryRunner);
}

/** Gives each transaction() a runner of its own, as two of one manager may run side by side. */
function beginInside(manager: EntityManager, work: (inner: EntityManager) => Promise<unknown>): Promise<unknown> {
  const begin = (): Promise<unknown> => manager.dataSource.manager.transaction(work);
  const savepoint = begunBy.get(manager.queryRunner!)!.at(-1);
  return savepoint === undefined ? begin() : storage.run(savepoint.current(), begin);
}

function runInside<T>({ queryRunner }: EntityManager, work: () => T): T {
  const savepoint = queryRunner && begunBy.get(queryRunner)?.at(-1);
  if (savepoint === undefined) return work();
  savepoint.hasCallback = true;
  return storage.run(savepoint, work);
}

function lateQuery(): Error {
  return new Error(
    'A query came after its transaction() had ended, or a transaction() ended before one inside it. Await everything that ' +
      'transaction() starts.',
  );
}
