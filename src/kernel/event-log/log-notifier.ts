import { Injectable, Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { Pools } from '../database/pools.js';
import { LogTail } from './log-tail.js';

const CHANNEL = 'waybill_log';
/** Notifications are at least this far apart: NOTIFY takes a cluster-wide lock at commit. */
const APART_MS = 5;
const RECONNECT_MS = 2_000;

/**
 * Tells the readers of other processes that the log has grown: never from a command's transaction (measured: 3,355 →
 * 1,191 commits/s), but from the process that gave the positions, coalesced, in a transaction of its own. A broken
 * connection costs latency, never progress, because readers poll as well.
 */
@Injectable()
export class LogNotifier {
  readonly #logger = new Logger(LogNotifier.name);
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #told = 0;
  #head = 0;
  #stopped = false;

  constructor(
    private readonly pools: Pools,
    private readonly tail: LogTail,
  ) {}

  async start(): Promise<void> {
    this.tail.onSequenced = (head) => this.#tell(head);
    await this.#listen();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.tail.onSequenced = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => undefined);
  }

  #tell(head: number): void {
    this.#head = head;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#stopped || this.#told === this.#head) return;
      this.#told = this.#head;
      this.pools.worker
        .query({ name: 'kernel_notify', text: 'SELECT pg_notify($1, $2)', values: [CHANNEL, String(this.#head)] })
        .catch(() => undefined);
    }, APART_MS);
  }

  async #listen(): Promise<void> {
    if (this.#stopped) return;
    try {
      const client = await this.pools.connectListener();
      this.#client = client;
      client.on('notification', ({ payload }) => {
        if (Number(payload) > this.tail.head) this.tail.wake();
      });
      client.on('error', () => undefined);
      client.on('end', () => this.#again());
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      this.#logger.warn(
        `No LISTEN connection: new events of other processes are seen by polling for now. ${String(error)}`,
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
