import { Pool, type Client, type ClientConfig, type PoolConfig } from 'pg';
import type { Configuration } from '#config';
import { NamelessClient, ResilientClient } from './resilient-client.js';
import { typeParsers } from './type-parsers.js';

/** Who a connection signs in as, and what the server must be told that the role's own settings don't say. */
export interface Login {
  readonly url: string;
  /** Server settings as `-c name=value …`; empty where ALTER ROLE has set them (a pooler may refuse start options). */
  readonly serverOptions?: string;
}

/** One login per kind of work; several may be the same. */
export interface Logins {
  readonly app: Login;
  readonly worker: Login;
  readonly query: Login;
  /** A direct connection for LISTEN; poolers deliver no notifications. */
  readonly listen: Login;
}

export type PoolSettings = Configuration['database'];

/** The client gives up this much after the server should have: it only matters where the server is out of reach. */
const CLIENT_PATIENCE_MS = 2_000;
/** Readiness is answered within a second, whatever the database does. */
const HEALTH_TIMEOUT_MS = 900;
/** Prepared statements are lost with their connection, so connections stay; this only ends a burst. */
const IDLE_CONNECTION_MS = 10 * 60 * 1_000;
/** First keep-alive probe; the system's default of two hours would leave a dead link unnoticed. */
const KEEP_ALIVE_MS = 30_000;

/**
 * All connections of this process to one database, apart by kind of work, so that no kind can starve another:
 * `app` for commands (primary, read-write), `worker` for subscriptions, `query` for reads (may only SELECT), `health` for
 * readiness alone. Every wait has an end: for a connection, for an answer, and on the server for statements and locks.
 */
export class Pools {
  readonly app: Pool;
  readonly worker: Pool;
  readonly query: Pool;
  readonly health: Pool;
  readonly #listener: ClientConfig;
  #ended: Promise<void> | undefined;

  constructor(logins: Logins, settings: PoolSettings) {
    const { poolSize, workerPoolSize, statementTimeoutMs, workerStatementTimeoutMs } = settings;
    const shared = {
      acquireMs: settings.acquireTimeoutMs,
      client: settings.statementNames ? ResilientClient : NamelessClient,
    };
    const requestMs = statementTimeoutMs + CLIENT_PATIENCE_MS;
    const batchMs = workerStatementTimeoutMs + CLIENT_PATIENCE_MS;
    this.app = pool('app', logins.app, { ...shared, max: poolSize, answerMs: requestMs });
    this.query = pool('query', logins.query, { ...shared, max: poolSize, answerMs: requestMs });
    this.worker = pool('worker', logins.worker, { ...shared, max: workerPoolSize, answerMs: batchMs });
    this.health = pool('health', logins.query, {
      ...shared,
      max: 1,
      acquireMs: HEALTH_TIMEOUT_MS,
      answerMs: HEALTH_TIMEOUT_MS,
    });
    this.#listener = {
      ...clientConfig('listen', logins.listen),
      connectionTimeoutMillis: shared.acquireMs,
      query_timeout: batchMs,
    };
  }

  /**
   * A connected client outside all pools, for LISTEN. The caller ends it, and connects anew when it emits `end`.
   * Throws where the server can't be reached.
   */
  async connectListener(): Promise<Client> {
    const client = new ResilientClient(this.#listener);
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    return client;
  }

  /** Closes every pool once its borrowed connections are back. May be called more than once. */
  end(): Promise<void> {
    this.#ended ??= Promise.all([this.app, this.worker, this.query, this.health].map((each) => each.end())).then(
      () => undefined,
    );
    return this.#ended;
  }
}

/** What every connection of Waybill has in common; used by the pools, the migrator and the embedded server. */
export function clientConfig(purpose: string, login: Login): ClientConfig {
  return {
    connectionString: login.url,
    application_name: `waybill-${purpose}-${process.pid}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: typeParsers,
    ...(login.serverOptions ? { options: login.serverOptions } : {}),
  };
}

interface PoolLimits {
  readonly max: number;
  readonly acquireMs: number;
  readonly answerMs: number;
  readonly client: typeof ResilientClient;
}

function pool(purpose: string, login: Login, limits: PoolLimits): Pool {
  const config: PoolConfig = {
    ...clientConfig(purpose, login),
    max: limits.max,
    connectionTimeoutMillis: limits.acquireMs,
    query_timeout: limits.answerMs,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    Client: limits.client,
  };
  const made = new Pool(config);
  // An idle connection that breaks is replaced by the next borrower; without a listener it would end the process.
  made.on('error', () => undefined);
  return made;
}
