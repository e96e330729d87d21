import { lstat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEmbeddedServer } from '../database/embedded/index.js';
import { withOwner } from '../database/prepare.js';
import { KEPT } from './template.js';

/** The server that the specs of one run clone their databases in. */
export interface TestServer {
  /** Signs in as somebody who may create databases and roles. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * One embedded server for all specs of a run, without fsync, in the system's temporary folder. The cluster is kept for the
 * next run; runs at the same time share it, and the last one stops it, unless a failed spec's database is there to look at.
 */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = join(tmpdir(), `waybill-tests-${process.getuid?.() ?? 0}`);
  await assertOurs(dataDir);
  const server = await useEmbeddedServer({ dataDir, isDurable: false });
  const url = new URL(server.ownerUrl);
  url.pathname = '/postgres';
  const startedAt = new Date().toISOString();
  const stop = async (): Promise<void> => {
    const keepRunning = await keepsDatabases(url.toString(), startedAt);
    await server.leave({ keepRunning });
    if (keepRunning)
      process.stderr.write('The test server keeps running for the failed specs; the next run adopts it.\n');
  };
  return { url: url.toString(), stop };
}

async function keepsDatabases(serverUrl: string, since: string): Promise<boolean> {
  return withOwner(serverUrl, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_database WHERE datname LIKE 'waybill\\_spec\\_%' AND shobj_description(oid, 'pg_database') LIKE $1 || '%'
          AND shobj_description(oid, 'pg_database') > $1 || $2`,
      [KEPT, since],
    );
    return rowCount !== 0;
  });
}

/** The temporary folder is everybody's: a folder of that name which isn't ours isn't used. */
async function assertOurs(folder: string): Promise<void> {
  const state = await lstat(folder).catch(() => undefined);
  if (state === undefined || (state.isDirectory() && state.uid === (process.getuid?.() ?? state.uid))) return;
  throw new Error(
    `${folder} belongs to somebody else. Remove it, or set WAYBILL_TEST_DATABASE_URL to a server of your own.`,
  );
}
