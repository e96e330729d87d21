import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { messageContext } from '../messages/message-context.js';
import { Places, type Slot } from './places.js';

type Release = (error?: Error | boolean) => void;
type Connected = (error: Error | undefined, client: PoolClient | undefined, release: Release) => void;

/** With a size, and an end to each wait. */
export type BoundedPoolConfig = PoolConfig & { readonly max: number; readonly connectionTimeoutMillis: number };

/**
 * A pool in which one caller gets at most three quarters of the connections, and of the queue for them in its turn: a caller
 * whose statements are slow makes only itself wait. Work of the system itself, which has no caller, takes what is free.
 */
export class FairPool extends Pool {
  readonly #places: Places;
  readonly #slots = new Map<PoolClient, Slot>();

  constructor(config: BoundedPoolConfig) {
    super(config);
    this.#places = new Places({
      limit: config.max,
      maxWaiting: Infinity,
      maxWaitMs: config.connectionTimeoutMillis,
      // The text by which the pool itself reports it.
      refusal: () => new Error('timeout exceeded when trying to connect'),
    });
    this.on('release', (_error, client) => {
      this.#slots.get(client)?.giveBack();
      this.#slots.delete(client);
    });
  }

  /** How many wait because others of their caller, or all together, have the connections; beside `waitingCount`. */
  get waitingForTurn(): number {
    return this.#places.waiting;
  }

  /** How many wait because others have the connections, `waitingCount` included. */
  get waitingForOthers(): number {
    return this.waitingCount + this.#places.waitingForOthers;
  }

  override connect(): Promise<PoolClient>;
  override connect(done: Connected): void;
  override connect(done?: Connected): Promise<PoolClient> | void {
    const caller = messageContext.caller();
    const client = caller === undefined ? super.connect() : this.#connectFor(caller);
    if (done === undefined) return client;
    client.then(
      (given) => done(undefined, given, given.release.bind(given)),
      (error: Error) => done(error, undefined, () => undefined),
    );
  }

  async #connectFor(caller: string): Promise<PoolClient> {
    const slot = await this.#places.enter(caller);
    try {
      const client = await super.connect();
      this.#slots.set(client, slot);
      return client;
    } catch (error) {
      slot.giveBack();
      throw error;
    }
  }
}
