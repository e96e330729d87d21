import { AsyncLocalStorage } from 'node:async_hooks';
import type { PoolClient, QueryResult } from 'pg';

/** How an actor ended: `crashed` while the schedule decided so, the others by themselves. */
export type ActorEnd =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: Error }
  | { readonly kind: 'crashed' };

/** A statement that an actor wants executed. The actor waits until the scheduler releases it. */
export interface PausedStatement {
  readonly text: string;
  readonly client: () => Promise<SessionClient>;
  readonly isGivenBackAfterwards: boolean;
  execute(client: SessionClient): Promise<QueryResult>;
  resolve(result: QueryResult): void;
  reject(error: unknown): void;
}

/** What the scheduler uses of pg's client beyond its public types. */
export type SessionClient = PoolClient & {
  readonly processID: number;
  readonly connection: { readonly stream: { pause(): void; destroy(): void } };
  getTransactionStatus(): 'I' | 'T' | 'E' | null;
};

/** A statement that is being executed by the server. */
export interface RunningStatement {
  readonly statement: PausedStatement;
  readonly client: SessionClient;
}

/** A client outside the pool has the error listener of its own class. */
const OWN_LISTENERS = 1;

const current = new AsyncLocalStorage<Actor>();

/**
 * One process of a protocol: runs code of the kernel whose statements are paused until the scheduler releases them. Its
 * connections are its own, so a crash can end all of them.
 */
export class Actor {
  readonly paused: PausedStatement[] = [];
  readonly running = new Set<RunningStatement>();
  readonly clients = new Set<SessionClient>();
  /** Connections being opened and statements that are not paused: the actor can't rest before they end. */
  busy = 0;
  end: ActorEnd | undefined;
  /** Server processes of connections that it has lost. They may still be at work. */
  readonly broken: number[] = [];
  /** Connections of which an answer was lost. */
  readonly lost = new Set<SessionClient>();
  /** Connections on which the server is committing: it does so whatever becomes of the client. */
  readonly committing = new Set<SessionClient>();
  /** Connections that went back to the pool inside a transaction: the next borrower would get it. */
  leaks = 0;

  constructor(
    readonly label: string,
    private readonly onChange: () => void,
  ) {}

  /** The actor whose code calls this; undefined for everything that belongs to no actor, such as an application's start. */
  static current(): Actor | undefined {
    const actor = current.getStore();
    return actor?.end === undefined ? actor : undefined;
  }

  start(work: () => Promise<unknown>): void {
    const finish = (end: ActorEnd): void => {
      this.end ??= end;
      this.onChange();
    };
    current
      .run(this, async () => work())
      .then(
        (value) => finish({ kind: 'returned', value }),
        (error: unknown) => finish({ kind: 'threw', error: error as Error }),
      );
  }

  pause(statement: Omit<PausedStatement, 'resolve' | 'reject'>): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      this.paused.push({ ...statement, resolve, reject });
      this.onChange();
    });
  }

  /** Work that the scheduler waits for instead of scheduling it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.busy += 1;
    this.onChange();
    try {
      return await work();
    } finally {
      this.busy -= 1;
      this.onChange();
    }
  }

  /** Is its next statement or its end still to come, without anything that the scheduler decides? */
  get isComputing(): boolean {
    return this.busy > 0 || (this.end === undefined && this.paused.length === 0 && this.running.size === 0);
  }

  get isInTransaction(): boolean {
    return [...this.clients].some((client) => client.getTransactionStatus() !== 'I');
  }

  /** @param isToBeClosed as whoever borrowed it says; else it must not be inside a transaction. */
  giveBack(client: SessionClient, isToBeClosed: boolean): void {
    if (this.end?.kind === 'crashed') return;
    if (!this.clients.delete(client)) throw new Error('A connection was given back twice.');
    if (this.lost.has(client)) return this.#break(client);
    if (isToBeClosed) return this.#close(client);
    if (client.getTransactionStatus() === 'I') return client.release();
    this.leaks += 1;
    this.#close(client);
  }

  /** Ends as a killed process does: nothing of it runs any more, and its connections close. */
  crash(): void {
    this.end = { kind: 'crashed' };
    this.paused.length = 0;
    const working = new Set([...this.running].map(({ client }) => client));
    this.running.clear();
    for (const client of this.clients) {
      if (working.has(client)) this.#break(client);
      else this.#close(client);
    }
    this.clients.clear();
  }

  /**
   * The server process does what it does when it finds its connection closed, and serves the next borrower: a new one takes
   * longer to start than the rest of the schedule.
   */
  #close(client: SessionClient): void {
    void this.during(async () => {
      await client.query(`${this.committing.has(client) ? 'COMMIT' : 'ROLLBACK'}; SELECT pg_advisory_unlock_all()`);
      // What a borrower that never came to give it back has left on it.
      for (const listener of client.listeners('error').slice(OWN_LISTENERS))
        client.removeListener('error', listener as () => void);
      client.release();
    }).catch(() => this.#break(client));
  }

  /** The server notices when it next reads from the connection. */
  #break(client: SessionClient): void {
    this.broken.push(client.processID);
    client.connection.stream.destroy();
    client.release(true);
  }
}
