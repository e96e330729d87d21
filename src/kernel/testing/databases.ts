import { escapeLiteral } from 'pg';
import { configurationOf, testServerUrl, type Configuration, type Environment } from '#config';
import { Pools } from '../database/pools.js';
import { withOwner } from '../database/prepare.js';
import { KEPT, templateOf } from './template.js';

/** An empty, migrated database for one spec file. */
export interface FreshDatabase {
  /** Signs in as the owner. */
  readonly url: string;
  readonly appUrl: string;
  readonly workerUrl: string;
  readonly queryUrl: string;
  /** The kernel's pools on it, as an application would have them. Nothing is connected before its first use. */
  readonly pools: Pools;
  /** The settings of a process that uses it; `environment` is the same for a child process. */
  readonly configuration: Configuration;
  readonly environment: Environment;
  /** Ends the pools and removes the database; after a failed test it stays, and its URL is printed. Call it in afterAll. */
  drop(): Promise<void>;
}

const MAX_IDENTIFIER = 63;

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
  });
  return describe(environmentOf(name), () =>
    withOwner(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  );
}

function describe(environment: Environment, remove: () => Promise<unknown>): FreshDatabase {
  const configuration = configurationOf(environment);
  const urlOf = (variable: string): string => environment[variable]!;
  const [url, appUrl] = [urlOf('DATABASE_URL'), urlOf('DATABASE_APP_URL')];
  const [workerUrl, queryUrl] = [urlOf('DATABASE_WORKER_URL'), urlOf('DATABASE_QUERY_URL')];
  const worker = { url: workerUrl };
  const pools = new Pools(
    { app: { url: appUrl }, worker, query: { url: queryUrl }, listen: worker },
    configuration.database,
  );
  const drop = async (): Promise<void> => {
    await pools.end();
    await (hasFailed() ? keep(url) : remove());
  };
  return { url, appUrl, workerUrl, queryUrl, pools, configuration, environment, drop };
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
