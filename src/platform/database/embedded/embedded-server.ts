import type { Client } from 'pg';
import { dropClientVariables } from '#config';
import { withFileLock } from '#file-lock';
import { clientConfig } from '../../../kernel/database/pools.js';
import { ResilientClient } from '../../../kernel/database/resilient-client.js';
import { Cluster, DATABASE, type KeptState } from './cluster.js';
import { DataDirRefused, makeDataDir } from './data-dir.js';
import { keepLogSmall } from './log-rotation.js';
import { ownerUrl, withClient } from './probe.js';
import { EmbeddedServerRefused, Server } from './server.js';

/** initdb on a slow disk takes tens of seconds; a holder that takes longer hangs. */
const LOCK_TIMEOUT_MS = 3 * 60 * 1_000;

/**
 * The embedded PostgreSQL of one data folder, shared by all Waybill processes that use that folder.
 *
 * Who starts, who attaches, who stops: under one file lock a process checks whether the cluster's server answers (it may
 * run for a second terminal, or be left from a killed process), starts it if not, and keeps a connection open, which marks its
 * presence, for as long as it uses the server. On leaving, under the same lock, it stops the server if no other Waybill
 * process is connected. So no process attaches to a server that is about to stop, and an orphan is stopped by the process
 * that adopted it last.
 */
export interface EmbeddedServer {
  /** Signs in as the owner of the database. */
  readonly ownerUrl: string;
  readonly port: number;
  /** Where the cluster lies. */
  readonly folder: string;
  /** True if the server ran already. */
  readonly wasRunning: boolean;
  /**
   * Gives the server up; call it after the last connection is closed. It is stopped by whoever leaves last, unless that
   * one wants it to go on running.
   */
  leave(options?: { readonly keepRunning?: boolean }): Promise<'stopped' | 'left running'>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** False for tests: no fsync. */
  readonly isDurable?: boolean;
  readonly report?: (text: string) => void;
}

/**
 * Finds or starts the server of a data folder, making cluster and database where they are missing. Any number of
 * processes may call it at once. When it fails, a server that it started is stopped again.
 * Throws EmbeddedServerRefused, DataDirRefused or NoBinaries with a text for the operator.
 */
export async function useEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  dropClientVariables();
  const cluster = new Cluster(options.dataDir);
  const server = new Server(cluster, options.isDurable ?? true);
  await makeDataDir(options.dataDir);
  return locked(cluster, options, async () => {
    const { password, port, wasRunning } = await running(cluster, server, options);
    const presence = await present(ownerUrl(port, password, 'postgres')).catch(async (error: unknown) => {
      if (!wasRunning) await server.stopAfterFailure();
      throw error;
    });
    const stopKeepingLog = keepLogSmall(cluster.log);
    return {
      ownerUrl: ownerUrl(port, password, DATABASE),
      port,
      folder: cluster.folder,
      wasRunning,
      leave: ({ keepRunning = false } = {}) => {
        stopKeepingLog();
        return locked(cluster, options, () => leave(presence, keepRunning ? undefined : server));
      },
    };
  });
}

async function running(
  cluster: Cluster,
  server: Server,
  { report = () => undefined }: EmbeddedOptions,
): Promise<KeptState & { wasRunning: boolean }> {
  let state = await cluster.readState();
  if (!(await cluster.exists())) {
    report(`Creating a PostgreSQL cluster in ${cluster.folder}.`);
    state = await server.create();
  }
  if (state === undefined) {
    throw new EmbeddedServerRefused(
      `${cluster.folder} contains a cluster, but its password file pg18.json beside it is missing. Restore it, or move the ` +
        'folder away to start with an empty database, or set DATA_DIR to another folder.',
    );
  }
  const port = await server.find(state, report);
  if (port !== undefined) return { ...state, port, wasRunning: true };
  return { ...state, port: await server.start(state), wasRunning: false };
}

async function present(url: string): Promise<Presence> {
  await ensureDatabase(url);
  return Presence.at(url);
}

async function ensureDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

async function leave(presence: Presence, server: Server | undefined): Promise<'stopped' | 'left running'> {
  if (server !== undefined && (await presence.isLast())) {
    await presence.end();
    await server.stop();
    return 'stopped';
  }
  await presence.end();
  return 'left running';
}

async function locked<T>(cluster: Cluster, { report }: EmbeddedOptions, work: () => Promise<T>): Promise<T> {
  const onWait = (holder: number): void =>
    report?.(`Process ${holder} is starting or stopping the embedded database; waiting.`);
  try {
    return await withFileLock(cluster.lockFile, work, { onWait, timeoutMs: LOCK_TIMEOUT_MS });
  } catch (error) {
    const { code, syscall, path } = error as NodeJS.ErrnoException;
    if (syscall === undefined || path === undefined) throw error;
    // A disk that is full or was taken away; the stack of a file operation would explain less.
    throw new DataDirRefused(cluster.dataDir, `can't be used (${code} at ${syscall})`, { cause: error });
  }
}

/** The connection that shows other processes that this one uses the server. */
class Presence {
  #client: Client | undefined;

  private constructor(private readonly url: string) {}

  static async at(url: string): Promise<Presence> {
    const presence = new Presence(url);
    await presence.#connect();
    return presence;
  }

  /** Whether no other use is connected: other processes by any connection, other uses in this process by theirs. */
  async isLast(): Promise<boolean> {
    if (this.#client === undefined) await this.#connect().catch(() => undefined);
    if (this.#client === undefined) return true;
    const { rows } = await this.#client.query<{ others: number }>(
      `SELECT count(*) AS others FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND application_name LIKE 'waybill-%'
          AND (application_name LIKE 'waybill-presence-%' OR application_name NOT LIKE '%-' || $1::text)`,
      [process.pid],
    );
    return rows[0]?.others === 0;
  }

  async end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new ResilientClient({
      ...clientConfig('presence', { url: this.url }),
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
    });
    await client.connect();
    // A server that crashed and came back has forgotten us; whoever leaves later asks again.
    client.once('end', () => void (this.#client = this.#client === client ? undefined : this.#client));
    this.#client = client;
  }
}
