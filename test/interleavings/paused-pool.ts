import type { Pool, QueryConfig, QueryResult } from 'pg';
import { Pools } from '../../src/kernel/database/pools.js';
import type { FreshDatabase } from '../../src/platform/testing/databases.js';
import { Actor, type SessionClient } from './actor.js';

/** Changes a statement's text on its way to the server: how a fault is planted in a statement of the kernel. */
export type Rewrite = (text: string) => string;

/**
 * Statements that neither read nor write rows: the order in which they run can't matter. A transaction's snapshot and its
 * locks begin with its first other statement, and a cursor reads what there was when it was declared.
 */
const WITHOUT_EFFECT = /^\s*(BEGIN|START TRANSACTION|SET LOCAL|SAVEPOINT|FETCH|SELECT set_config|SELECT pg_notify)\b/i;
/** Connections per kind of work: schedules never wait for one. */
const CONNECTIONS = 12;

type QueryArguments = [statement: string | QueryConfig, values?: unknown[]];
type Connected = (error: Error | undefined, client?: SessionClient, release?: (error?: unknown) => void) => void;

/**
 * The kernel's pools, as an application is given them. A statement of an actor is paused until the scheduler releases it;
 * everything else goes straight to the server.
 */
export class PausedPools {
  rewrite: Rewrite = (text) => text;
  /**
   * Statements outside a transaction that are executed and committed in two steps. Between the two a server keeps their
   * locks, and others don't see their effects: for as long as its disk or its standby takes.
   */
  slowCommits: RegExp | undefined;
  readonly pools: Pools;

  /** @param as the roles that an application signs in as, or the owner for all of them. */
  constructor(db: FreshDatabase, as: 'roles' | 'owner' = 'roles') {
    // A schedule may take as long as it does: no time-out of the server or the client may end a statement in the middle.
    const serverOptions = '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';
    const login = ({ url }: { url: string }) => ({ url: as === 'owner' ? db.direct.url : url, serverOptions });
    const { app, worker, query, listen } = db.direct.logins;
    const logins = { app: login(app), worker: login(worker), query: login(query), listen };
    const limits = { poolSize: CONNECTIONS, workerPoolSize: CONNECTIONS };
    this.pools = new Pools(logins, { ...db.configuration.database, ...limits });
    for (const pool of poolsIn(this.pools)) pause(pool, this);
    const connectPatient = this.pools.connectPatient.bind(this.pools);
    // The same role, and it is ended instead of released: a new connection takes longer to start than a schedule.
    this.pools.connectPatient = () => (Actor.current() === undefined ? connectPatient() : this.pools.worker.connect());
  }
}

function poolsIn(pools: Pools): Pool[] {
  const all = Object.values(pools) as unknown[];
  return all.filter((pool): pool is Pool => typeof (pool as Partial<Pool> | undefined)?.totalCount === 'number');
}

/** Replaces the two ways to a connection that a pool has. */
function pause(pool: Pool, plan: Pick<PausedPools, 'rewrite' | 'slowCommits'>): void {
  const direct = { query: pool.query.bind(pool), connect: pool.connect.bind(pool) } as unknown as {
    query: (...args: QueryArguments) => Promise<QueryResult>;
    connect: { (): Promise<SessionClient>; (connected: Connected): void };
  };
  const query = (...given: QueryArguments): Promise<QueryResult> => {
    const actor = Actor.current();
    if (actor === undefined) return direct.query(...given);
    const args = rewritten(given, plan.rewrite);
    if (WITHOUT_EFFECT.test(textOf(args[0]))) return actor.during(() => unparked(direct.connect, args));
    if (plan.slowCommits?.test(textOf(args[0])) === true) return inTwoSteps(actor, direct.connect, args);
    return paused(actor, { args, client: () => borrowed(direct.connect, actor), isGivenBackAfterwards: true });
  };
  const connect = (connected?: Connected): unknown => {
    const actor = Actor.current();
    if (actor === undefined) return connected === undefined ? direct.connect() : direct.connect(connected);
    const client = actor.during(async () => pausedClient(await borrowed(direct.connect, actor), actor, plan));
    if (connected === undefined) return client;
    client.then(
      (one) => connected(undefined, one, (error) => one.release(error as Error)),
      (error: unknown) => connected(error as Error),
    );
    return undefined;
  };
  Object.assign(pool, { query, connect });
}

async function unparked(connect: () => Promise<SessionClient>, args: QueryArguments): Promise<QueryResult> {
  const client = await connect();
  try {
    return await client.query(...(args as [string, unknown[]]));
  } finally {
    client.release();
  }
}

async function borrowed(connect: () => Promise<SessionClient>, actor: Actor): Promise<SessionClient> {
  const client = await connect();
  actor.clients.add(client);
  return client;
}

/** Nobody but the server decides between the two steps: a client that crashes there doesn't roll anything back. */
async function inTwoSteps(
  actor: Actor,
  connect: () => Promise<SessionClient>,
  args: QueryArguments,
): Promise<QueryResult> {
  const client = await actor.during(async () => {
    const one = await borrowed(connect, actor);
    await one.query('BEGIN');
    return one;
  });
  const own = { client: async () => client, isGivenBackAfterwards: false };
  const commit = (on: SessionClient): Promise<QueryResult> => on.query('COMMIT');
  try {
    const result = await paused(actor, { args, ...own });
    actor.committing.add(client);
    await actor.pause({ text: `commit of: ${described(...args)}`, execute: commit, ...own });
    return result;
  } catch (error) {
    if (!actor.lost.has(client)) await actor.during(() => client.query('ROLLBACK'));
    throw error;
  } finally {
    actor.committing.delete(client);
    actor.giveBack(client, false);
  }
}

interface Turn {
  readonly args: QueryArguments;
  readonly client: () => Promise<SessionClient>;
  readonly isGivenBackAfterwards: boolean;
}

function paused(
  actor: Actor,
  { args: [statement, values], client, isGivenBackAfterwards }: Turn,
): Promise<QueryResult> {
  const execute = (on: SessionClient): Promise<QueryResult> => on.query(statement as string, values as unknown[]);
  return actor.pause({ text: described(statement, values), client, execute, isGivenBackAfterwards });
}

function textOf(statement: string | QueryConfig): string {
  return typeof statement === 'string' ? statement : statement.text;
}

/** A changed statement loses its name: a connection may know the unchanged one by it. */
function rewritten([statement, values]: QueryArguments, rewrite: Rewrite): QueryArguments {
  if (typeof statement === 'string') return [rewrite(statement), values];
  const text = rewrite(statement.text);
  return [text === statement.text ? statement : { text, values: statement.values ?? [] }, values];
}

function described(statement: string | QueryConfig, values?: unknown[]): string {
  const given = values ?? (typeof statement === 'string' ? [] : (statement.values ?? []));
  const line = textOf(statement).replaceAll(/\s+/g, ' ').trim();
  return given.length === 0 ? line : `${line}  ${JSON.stringify(given)}`;
}

/** A borrowed client whose statements are paused. Whoever gives it back broken breaks the connection, as the pool does. */
function pausedClient(client: SessionClient, actor: Actor, plan: Pick<PausedPools, 'rewrite'>): SessionClient {
  const query = (...given: QueryArguments): Promise<QueryResult> => {
    const args = rewritten(given, plan.rewrite);
    if (WITHOUT_EFFECT.test(textOf(args[0]))) return actor.during(() => client.query(...(args as [string, unknown[]])));
    return paused(actor, { args, client: async () => client, isGivenBackAfterwards: false });
  };
  const release = (error?: unknown): void => actor.giveBack(client, Boolean(error));
  const end = async (): Promise<void> => actor.giveBack(client, true);
  const replaced: Record<PropertyKey, unknown> = { query, release, end };
  return new Proxy(client, {
    get(target, property) {
      if (property in replaced) return replaced[property];
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}
