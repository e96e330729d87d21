import { Injectable, Logger } from '@nestjs/common';
import { messageContext } from '../messages/message-context.js';
import { Pools } from '../database/pools.js';
import { newId } from '../messages/ids.js';
import { beginEpoch, currentEpoch, logIdentity, type BegunEpoch } from './sql/current-epoch.js';
import type { Queryable } from './sql/queryable.js';

/** The server is a standby: it takes no writes, and its log is another server's. */
class OnStandby extends Error {
  /** cannot_connect_now: nothing was sent, and trying again is right. */
  readonly code = '57P03';
  readonly severity = 'FATAL';

  constructor() {
    super('The database server is a standby. Waiting for the primary.');
  }
}

const CHANGED = 'other cluster, timeline or database';

/**
 * Distinguishes one life of the log from the next. A restored or failed-over database gives known positions and ids to other
 * events; tokens, checkpoints and what a process has in memory of the earlier life must not be taken for this one's. The
 * log's identity is compared at start and on every new connection; where it stays the same (a snapshot of the data folder was
 * restored, an unflushed commit was lost in a crash) the reader of the log detects the rewind, or an operator reports it.
 */
@Injectable()
export class LogEpoch {
  readonly #logger = new Logger('EventLog');
  readonly #listeners = new Set<() => void>();
  #epoch: string | undefined;
  #identity: string | undefined;
  #reopening: Promise<void> | undefined;

  constructor(private readonly pools: Pools) {}

  /** @throws Error before the start has read it. */
  get current(): string {
    if (this.#epoch === undefined) throw new Error('The log epoch is not known yet: it is read at start.');
    return this.#epoch;
  }

  /** As `current`; undefined before the start has read it. */
  get known(): string | undefined {
    return this.#epoch;
  }

  /** Called after each change under the running process. @returns the function that stops listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the epoch, or begins a new one when this isn't the log of the stored one; from then on watches each new connection. */
  async open(): Promise<string> {
    await this.#reopen(this.pools.worker, undefined);
    this.pools.verify = (client) => this.#verify(client);
    return this.current;
  }

  /** Another process may have begun an epoch: reads it again. @returns whether there is another one than before. */
  async refresh(): Promise<boolean> {
    const before = this.#epoch;
    const stored = await currentEpoch(this.pools.worker);
    if (stored !== undefined && stored.epoch !== before) this.#adopt(stored.epoch);
    return before !== this.#epoch;
  }

  /**
   * Begins an epoch although the log's identity is the same, unless another process has done so since this one read it.
   * @param reason shown to operators beside the epoch.
   * @returns the epoch, and the subscriptions that have seen what the log doesn't hold.
   */
  async begin(reason: string): Promise<BegunEpoch> {
    const known = this.#epoch;
    const identity = await logIdentity(this.pools.worker);
    if (identity === undefined) throw new OnStandby();
    const begun = await beginEpoch(this.pools.worker, { epoch: newId(), identity, reason, known });
    this.#identity = identity;
    if (begun.isNew) this.#logger.error(`A new log epoch begins: ${reason}. ${CONSEQUENCES}`);
    this.#adopt(begun.epoch);
    return begun;
  }

  async #verify(client: Queryable): Promise<void> {
    const identity = await logIdentity(client);
    if (identity === undefined) throw new OnStandby();
    if (identity === this.#identity) return;
    await (this.#reopening ??= messageContext
      .asSystem(() => this.#reopenAlone())
      .finally(() => (this.#reopening = undefined)));
  }

  /** On a connection outside the pools: those wait for this. */
  async #reopenAlone(): Promise<void> {
    const client = await this.pools.connectPatient();
    try {
      await this.#reopen(client, this.#identity);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #reopen(on: Queryable, before: string | undefined): Promise<void> {
    const [identity, stored] = [await logIdentity(on), await currentEpoch(on)];
    if (identity === undefined) throw new OnStandby();
    const isFirst = stored === undefined;
    const begun =
      stored?.identity === identity
        ? { epoch: stored.epoch, isNew: false }
        : await beginEpoch(on, { epoch: newId(), identity, reason: isFirst ? 'first start' : CHANGED });
    this.#identity = identity;
    if (begun.isNew && !isFirst) {
      const since = before === undefined ? 'since the last start' : 'under this process';
      this.#logger.error(
        `This database was restored or failed over ${since} (another cluster, timeline or database). A new log epoch begins. ` +
          CONSEQUENCES,
      );
    }
    this.#adopt(begun.epoch);
  }

  #adopt(epoch: string): void {
    const before = this.#epoch;
    this.#epoch = epoch;
    if (before === undefined || before === epoch) return;
    for (const listener of this.#listeners) listener();
  }
}

const CONSEQUENCES =
  'Consistency tokens issued before are treated as of an unknown epoch, and acknowledged commands may be missing. Compare with what clients ' +
  'and other systems hold: docs/how-to/recover-a-lost-log.md.';
