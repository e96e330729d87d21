import { Injectable, Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { Pools } from '../database/pools.js';
import { CommitSignal, works } from './commit-signal.js';
import { LogTail } from './log-tail.js';

const CHANNEL = 'waybill_log';
/** Payloads of a process that commits but gives no positions: work for others too, or events alone. Others send the head. */
const COMMITTED = 'committed';
const EVENTS = 'events';
/** Payload of a replica that has come or gone: the others recompute their share at once. */
const LEASES_CHANGED = 'leases-changed';
/** Notifications are at least this far apart: NOTIFY takes a cluster-wide lock at commit. */
const APART_MS = 5;
const RECONNECT_MS = 2_000;

/**
 * Notifies the readers of other processes that the log has grown: never from a command's transaction (measured: 3,355 →
 * 1,191 commits/s), but from the process that gave the positions, coalesced, in a transaction of its own. A broken
 * connection costs latency, never progress, because readers poll as well.
 */
@Injectable()
export class LogNotifier {
  readonly #logger = new Logger(LogNotifier.name);
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopNotifying: (() => void) | undefined;
  #payload = COMMITTED;
  #stopped = false;

  constructor(
    private readonly pools: Pools,
    private readonly tail: LogTail,
    private readonly signal: CommitSignal,
  ) {}

  /** In a process that reads the log: receives notice of other processes' events, and sends notice of those it has given positions. */
  async start(): Promise<void> {
    this.tail.onSequenced = (head) => this.#notify(String(head));
    await this.#listen();
  }

  /** In a process that only commits (ROLE=api, an import): wakes the readers elsewhere, which then give positions. */
  startNotifying(): void {
    this.#stopNotifying = this.signal.onCommit((work) => this.#notify(work.size > 0 ? COMMITTED : EVENTS));
  }

  /** Called when another replica has come or gone. */
  onLeasesChanged: (() => void) | undefined;

  /** Makes the other replicas recompute their share at once. Never throws: they do so by themselves before a lease can end. */
  async notifyLeasesChanged(): Promise<void> {
    try {
      await this.pools.control.query({ text: 'SELECT pg_notify($1, $2)', values: [CHANNEL, LEASES_CHANGED] });
    } catch (error) {
      this.#logger.warn(`The other replicas could not be notified of changed leases. ${String(error)}`);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.tail.onSequenced = undefined;
    this.#stopNotifying?.();
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => undefined);
  }

  #notify(payload: string): void {
    if (this.#timer === undefined || this.#payload !== COMMITTED) this.#payload = payload;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#stopped) return;
      this.pools.control
        .query({ name: 'kernel_notify', text: 'SELECT pg_notify($1, $2)', values: [CHANNEL, this.#payload] })
        .catch(() => undefined);
    }, APART_MS);
  }

  async #listen(): Promise<void> {
    if (this.#stopped) return;
    try {
      const client = await this.pools.connectListener();
      this.#client = client;
      client.on('notification', ({ payload }) => {
        if (payload === LEASES_CHANGED) this.onLeasesChanged?.();
        if (payload === COMMITTED) this.signal.emit(works);
        if (payload === EVENTS || Number(payload) > this.tail.head) this.signal.emit([]);
      });
      client.on('error', () => undefined);
      client.on('end', () => this.#again());
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      this.#logger.warn(
        `The LISTEN connection was lost. New events of other processes are read by polling until it is back. ${String(error)}`,
      );
      this.#again();
    }
  }

  #again(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#listen(), RECONNECT_MS);
  }
}
