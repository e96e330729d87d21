import { escapeLiteral } from 'pg';
import { configurationOf, testPoolerAddress, testServerUrl, type Configuration, type Environment } from '#config';
import { Pools, type Login, type Logins } from '../../kernel/database/pools.js';
import { withOwner } from '../database/prepare.js';
import { KEPT, templateOf } from './template.js';

/** An empty, migrated database for one spec file. */
export interface FreshDatabase {
  /** Signs in as the owner. */
  readonly url: string;
  readonly appUrl: string;
  readonly workerUrl: string;
  readonly queryUrl: string;
  readonly logins: Logins;
  /** The same without the run's pooler (npm run test:pgbouncer): for specs about a server's own sessions. */
  readonly direct: { readonly url: string; readonly logins: Logins };
  /** The kernel's pools on it, as an application would have them. Nothing is connected before its first use. */
  readonly pools: Pools;
  /** The settings of a process that uses it; `environment` is the same for a child process. */
  readonly configuration: Configuration;
  readonly environment: Environment;
  /** Ends the pools and removes the database; after a failed test it stays, and its URL is printed. Call it in afterAll. */
  drop(): Promise<void>;
}

const MAX_IDENTIFIER = 63;
/** Everything but LISTEN, which a pooler can't carry. */
const POOLED = ['DATABASE_URL', 'DATABASE_APP_URL', 'DATABASE_WORKER_URL', 'DATABASE_QUERY_URL'] as const;

/**
 * A database of its own for the calling spec file, cloned from the run's migrated template (some 40 ms).
 *
 * ```ts
 * let db: FreshDatabase;
 * beforeAll(async () => void (db = await freshDatabase(import.meta.url)));
 * afterAll(() => db.drop());
 * ```
 */
export async function freshDatabase(specUrl: string): Promise<FreshDatabase> {
  const serverUrl = testServerUrl();
  if (serverUrl === undefined) {
    throw new Error(
      'No test server runs: start specs by npm run test:db (or test:e2e, test:durability), not jest alone.',
    );
  }
  const { database: template, environmentOf } = await templateOf(serverUrl);
  const name = databaseName(specUrl);
  await withOwner(serverUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
    await client.query(`COMMENT ON DATABASE ${name} IS ${escapeLiteral(now())}`);
    // As the start does it: a clone doesn't keep the privileges of the database itself.
    await client.query(`REVOKE TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
  });
  return describe(environmentOf(name), () =>
    withOwner(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  );
}

function describe(direct: Environment, remove: () => Promise<unknown>): FreshDatabase {
  const environment = throughPooler(direct);
  const configuration = configurationOf(environment);
  const [url, logins] = [environment['DATABASE_URL']!, loginsOf(environment)];
  const pools = new Pools(logins, configuration.database);
  const drop = async (): Promise<void> => {
    await pools.end();
    await (hasFailed() ? keep(direct['DATABASE_URL']!) : remove());
  };
  return {
    url,
    appUrl: logins.app.url,
    workerUrl: logins.worker.url,
    queryUrl: logins.query.url,
    logins,
    direct: { url: direct['DATABASE_URL']!, logins: loginsOf(direct) },
    pools,
    configuration,
    environment,
    drop,
  };
}

function loginsOf(environment: Environment): Logins {
  const loginOf = (variable: string): Login => ({ url: environment[variable]! });
  const worker = loginOf('DATABASE_WORKER_URL');
  const listen = environment['DATABASE_LISTEN_URL'] === undefined ? worker : loginOf('DATABASE_LISTEN_URL');
  return { app: loginOf('DATABASE_APP_URL'), worker, query: loginOf('DATABASE_QUERY_URL'), listen };
}

/** Through the run's pooler, if it has one, with the settings that the how-to page wants for it. */
function throughPooler(environment: Environment): Environment {
  const pooler = testPoolerAddress();
  if (pooler === undefined) return environment;
  const pooled = POOLED.map((variable) => {
    const url = new URL(environment[variable]!);
    url.host = pooler;
    return [variable, url.toString()];
  });
  const settings = { DATABASE_LISTEN_URL: environment['DATABASE_WORKER_URL'], DATABASE_STATEMENT_NAMES: 'false' };
  return { ...environment, ...settings, ...Object.fromEntries(pooled) };
}

async function keep(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await withOwner(url, (client) => client.query(`COMMENT ON DATABASE ${name} IS ${escapeLiteral(`${KEPT}${now()}`)}`));
  process.stderr.write(`A test failed; its database is kept for an hour: ${url}\n`);
}

function now(): string {
  return new Date().toISOString();
}

/** `waybill_spec_order_search_4711`: the spec's file, and the process, for runs at the same time. */
function databaseName(specUrl: string): string {
  const file = specUrl
    .split('/')
    .at(-1)!
    .replace(/(\.db\.spec|\.e2e-spec|\.durability-spec|\.spec)\.ts$/, '');
  const suffix = `_${process.pid}`;
  const slug = file.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  return `waybill_spec_${slug}`.slice(0, MAX_IDENTIFIER - suffix.length) + suffix;
}

interface DescribeBlock {
  readonly children: readonly (DescribeBlock | { readonly type: 'test'; readonly errors: readonly unknown[] })[];
  readonly type: 'describeBlock';
}

/** jest tells nobody in an afterAll whether a test failed; its runner's state does. */
function hasFailed(): boolean {
  const key = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL');
  const state = key && (globalThis as unknown as Record<symbol, { rootDescribeBlock: DescribeBlock }>)[key];
  return state !== undefined && anyFailed(state.rootDescribeBlock);
}

function anyFailed(block: DescribeBlock): boolean {
  return block.children.some((child) => (child.type === 'test' ? child.errors.length > 0 : anyFailed(child)));
}
