import type { Ledger } from './ledger.js';
import { PersistentClient } from './persistent-client.js';
import type { Seeded } from './seed.js';

export interface LoadOptions {
  /** Replicas; a client stays with one while it answers. */
  readonly urls: readonly string[];
  /** A service's: it may say when and at what price an order was placed. */
  readonly token: string;
  readonly ledger: Ledger;
  readonly seed: Seeded;
  readonly skus: readonly string[];
  readonly customers: readonly string[];
  /** Wishes under way at once. */
  readonly connections: number;
  /** False only for controls: then a repeat is a new wish to the server. */
  readonly sendsKeys?: boolean;
  /** In front of names and keys, where several loads share a ledger. Default: nothing. */
  readonly prefix?: string;
  /** Share of acknowledged orders that are looked for at once, at another replica, with the answer's token. Default 0. */
  readonly readBack?: number;
  /** What stays silent for so long is asked again. Default 20 s: longer than any command may take. */
  readonly patienceMs?: number;
  /** Share of answers that the client drops unread, as a broken network would, and asks for again. Default 0.05. */
  readonly dropped?: number;
}

const DROPPED = 0.05;
const PATIENCE_MS = 20_000;

/** Clients that want one thing after the other, and give none up before they know what became of it. */
export abstract class ClientLoad {
  protected readonly client: PersistentClient;
  readonly #workers: Promise<void>[] = [];
  #isStopping = false;

  constructor(protected readonly options: LoadOptions) {
    const { urls, token, ledger, seed, dropped = DROPPED, patienceMs = PATIENCE_MS } = options;
    this.client = new PersistentClient({
      urls,
      token,
      patienceMs,
      drops: () => seed.chance(dropped),
      onFailure: (status) => ledger.write({ at: performance.now(), kind: 'failed', status }),
    });
  }

  static start<Load extends ClientLoad>(this: new (options: LoadOptions) => Load, options: LoadOptions): Load {
    const load = new this(options);
    for (let worker = 0; worker < options.connections; worker += 1) load.#workers.push(load.#work(worker));
    return load;
  }

  /** Begins nothing more, and resolves when it is known what became of all that was begun. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
    this.client.close();
  }

  /** Wants one thing, and resolves when it is known what became of it. Both numbers together are unique to it. */
  protected abstract want(worker: number, count: number): Promise<void>;

  async #work(worker: number): Promise<void> {
    for (let count = 1; !this.#isStopping; count += 1) await this.want(worker, count);
  }
}
