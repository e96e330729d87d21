import { Pool, type Client, type ClientConfig, type PoolClient, type PoolConfig } from 'pg';
import { FairPool, type BoundedPoolConfig } from './fair-pool.js';
import { asServerOptions, roleSettings, type Purpose, type RoleLimits } from './role-settings.js';
import { UnnamedStatementClient, ResilientClient, breakConnection } from './resilient-client.js';
import { typeParsers } from './type-parsers.js';

/** The role that a connection signs in as, and the start options for settings that the role itself lacks. */
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

/** What each pool is called, in metrics and in `application_name`. */
export const poolNames = ['app', 'worker', 'control', 'query', 'health'] as const;

/** Sizes and time-outs of the pools; times in ms. */
export interface PoolSettings {
  /** Connections of `app`, and as many of `query`. */
  readonly poolSize: number;
  readonly workerPoolSize: number;
  /** Longest wait for a connection. */
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly workerStatementTimeoutMs: number;
  /** Whether prepared statements stay with their connections. False behind a pooler that doesn't keep them. */
  readonly statementNames: boolean;
}

const SECOND_MS = 1_000;
/** What `Pools.of` uses; the configuration of Waybill has the same defaults. */
const DEFAULTS: PoolSettings & RoleLimits = {
  poolSize: 10,
  workerPoolSize: 10,
  acquireTimeoutMs: 2 * SECOND_MS,
  statementNames: true,
  statementTimeoutMs: 5 * SECOND_MS,
  lockTimeoutMs: SECOND_MS,
  idleInTransactionTimeoutMs: 5 * SECOND_MS,
  transactionTimeoutMs: 10 * SECOND_MS,
  workerStatementTimeoutMs: 30 * SECOND_MS,
  workerLockTimeoutMs: 5 * SECOND_MS,
  workerIdleInTransactionTimeoutMs: 10 * SECOND_MS,
  workerTransactionTimeoutMs: 60 * SECOND_MS,
};
/** Older than any: it leaves out what not every version has. */
const ANY_VERSION = 0;

/** The client gives up this much after the server should have: it only matters where the server is out of reach. */
const CLIENT_PATIENCE_MS = 2_000;
/** Leases, the sequencer and notifications: short statements, of which no two of a kind run at once. */
const CONTROL_CONNECTIONS = 2;
/** Readiness is answered within a second, whatever the database does. */
const HEALTH_TIMEOUT_MS = 900;
/** Prepared statements are lost with their connection, so connections stay; this only ends a burst. */
const IDLE_CONNECTION_MS = 10 * 60 * 1_000;
/** No user waits in front of a screen for what takes minutes. */
const PATIENT_CONNECT_MS = 30_000;
/** First keep-alive probe; the system's default of two hours would leave a dead link unnoticed. */
const KEEP_ALIVE_MS = 30_000;

/**
 * All connections of this process to one database, apart by kind of work, so that no kind can starve another:
 * `app` for the commands of clients (primary, read-write), `worker` for subscriptions and the commands that run because of
 * an event or a stored command, `control` for leases, the sequencer and notifications, without which no subscription
 * moves, `query` for reads (may only SELECT), `health` for readiness alone. Every wait has an end: for a connection, for an
 * answer, and on the server for statements and locks. In `app` and `query` one caller leaves connections to the next.
 */
export class Pools {
  readonly app: FairPool;
  readonly worker: Pool;
  readonly control: Pool;
  readonly query: FairPool;
  readonly health: Pool;
  /** Checks each new connection of every pool before its first use; the connection is given up where this rejects. */
  verify: ((client: PoolClient) => Promise<void>) | undefined;
  /** The roles that commit. */
  readonly writers: readonly string[];
  readonly #listener: ClientConfig;
  readonly #patient: ClientConfig;
  readonly #borrowed = new Set<PoolClient>();
  readonly #patients = new Set<Client>();
  #ended: Promise<void> | undefined;
  #cut: () => void = () => undefined;
  readonly #isCut = new Promise<void>((resolve) => {
    this.#cut = resolve;
  });

  constructor(logins: Logins, settings: PoolSettings) {
    const { poolSize, workerPoolSize, statementTimeoutMs, workerStatementTimeoutMs } = settings;
    const shared = {
      acquireMs: settings.acquireTimeoutMs,
      connectMs: settings.acquireTimeoutMs,
      client: settings.statementNames ? ResilientClient : UnnamedStatementClient,
      verify: (client: PoolClient) => this.verify?.(client) ?? Promise.resolve(),
    };
    const requestMs = statementTimeoutMs + CLIENT_PATIENCE_MS;
    const batchMs = workerStatementTimeoutMs + CLIENT_PATIENCE_MS;
    this.app = pool(FairPool, 'app', logins.app, { ...shared, max: poolSize, answerMs: requestMs });
    this.query = pool(FairPool, 'query', logins.query, { ...shared, max: poolSize, answerMs: requestMs });
    // Handlers and views queue for these connections while they catch up. That is no fault, so the wait may last as long
    // as a statement of theirs.
    this.worker = pool(Pool, 'worker', logins.worker, {
      ...shared,
      max: workerPoolSize,
      acquireMs: workerStatementTimeoutMs,
      connectMs: workerStatementTimeoutMs,
      answerMs: batchMs,
    });
    this.control = pool(Pool, 'control', logins.worker, { ...shared, max: CONTROL_CONNECTIONS, answerMs: batchMs });
    this.health = pool(Pool, 'health', logins.query, {
      ...shared,
      verify: undefined,
      max: 1,
      acquireMs: HEALTH_TIMEOUT_MS,
      connectMs: HEALTH_TIMEOUT_MS,
      answerMs: HEALTH_TIMEOUT_MS,
    });
    for (const each of this.#pools) {
      each.on('acquire', (connection) => this.#borrowed.add(connection));
      each.on('release', (_error, connection) => this.#borrowed.delete(connection));
    }
    this.writers = [logins.app, logins.worker].map(({ url }) => decodeURIComponent(new URL(url).username));
    this.#listener = {
      ...clientConfig('listen', logins.listen),
      connectionTimeoutMillis: shared.acquireMs,
      query_timeout: batchMs,
    };
    this.#patient = { ...clientConfig('patient', logins.worker), connectionTimeoutMillis: PATIENT_CONNECT_MS };
  }

  /**
   * Pools with one login for everything: the owner's, connected directly. Reads run in read-only sessions. Where commands,
   * subscriptions and reads sign in as roles of their own, or through a pooler, call the constructor.
   */
  static of(url: string, settings: Partial<PoolSettings & RoleLimits> = {}): Pools {
    const all = { ...DEFAULTS, ...settings };
    const login = (purpose: Purpose): Login => ({
      url,
      serverOptions: asServerOptions(roleSettings(purpose, all, ANY_VERSION)),
    });
    const worker = login('worker');
    return new Pools({ app: login('app'), worker, query: login('query'), listen: worker }, all);
  }

  /** Whether the database answers at this moment. */
  answers(): Promise<boolean> {
    return this.control.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  /** How many wait for a connection of a pool, or for their caller's turn to get one. */
  waiting(name: (typeof poolNames)[number]): number {
    const made: Pool = this[name];
    return made.waitingCount + (made instanceof FairPool ? made.waitingForTurn : 0);
  }

  /**
   * A connected client outside all pools, for LISTEN. The caller ends it, and connects anew when it emits `end`.
   * Throws where the server can't be reached.
   */
  connectListener(): Promise<Client> {
    return connected(new ResilientClient(this.#listener));
  }

  /**
   * A connected client outside all pools, signed in as `worker`, that waits for an answer as long as it takes: for work of
   * minutes, such as a rebuild. The server's own limits hold unless a transaction lifts them. The caller ends it; a cut
   * breaks it, as if it were borrowed.
   */
  connectPatient(): Promise<Client> {
    const client = new UnnamedStatementClient(this.#patient);
    this.#patients.add(client);
    client.once('end', () => this.#patients.delete(client));
    return connected(client);
  }

  /**
   * Breaks every borrowed connection, and every patient one: the server rolls back what was under way. From then on `end` doesn't wait for them,
   * because who holds one may never give it back.
   */
  cut(): void {
    for (const connection of [...this.#borrowed, ...this.#patients]) breakConnection(connection);
    this.#cut();
  }

  /** Closes every pool once its borrowed connections are back, or were cut. May be called more than once. */
  end(): Promise<void> {
    const ended = (): Promise<unknown> => Promise.all(this.#pools.map((each) => each.end()));
    this.#ended ??= Promise.race([ended(), this.#isCut]).then(() => undefined);
    return this.#ended;
  }

  get #pools(): readonly Pool[] {
    return poolNames.map((name) => this[name]);
  }
}

async function connected(client: ResilientClient): Promise<Client> {
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
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

function verifying(verify: (client: PoolClient) => Promise<void>): NonNullable<PoolConfig['verify']> {
  return (client, done) => {
    verify(client).then(() => done(), done);
  };
}

interface PoolLimits {
  readonly max: number;
  /** Longest wait for one of the pool's connections to become free. */
  readonly acquireMs: number;
  /** Longest wait for the server to accept a new connection. */
  readonly connectMs: number;
  readonly answerMs: number;
  readonly client: typeof ResilientClient;
  readonly verify: ((client: PoolClient) => Promise<void>) | undefined;
}

function pool<P extends Pool>(
  Kind: new (config: BoundedPoolConfig) => P,
  purpose: string,
  login: Login,
  limits: PoolLimits,
): P {
  const config = {
    ...clientConfig(purpose, login),
    max: limits.max,
    connectionTimeoutMillis: limits.acquireMs,
    query_timeout: limits.answerMs,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    Client: withConnectTimeout(limits),
    ...(limits.verify === undefined ? {} : { verify: verifying(limits.verify) }),
  };
  const made = new Kind(config);
  // An idle connection that breaks is replaced by the next borrower; without a listener it would end the process.
  made.on('error', () => undefined);
  return made;
}

/** The pool has one time-out, for its queue and for new connections. A server out of reach is noticed sooner. */
function withConnectTimeout({ client: Base, connectMs }: PoolLimits): typeof ResilientClient {
  return class extends Base {
    constructor(config: ClientConfig) {
      super({ ...config, connectionTimeoutMillis: connectMs });
    }
  };
}
