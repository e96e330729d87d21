import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEmbeddedServer, type EmbeddedServer } from '../../src/platform/database/embedded/index.js';
import { withOwner } from '../../src/platform/database/prepare.js';
import { until } from '../../src/kernel/testing/until.js';
import { copyCluster, makeStandby, type RunningCluster } from './cluster-copy.js';
import { rowsOf } from './ledger-facts.js';
import { TcpProxy } from './tcp-proxy.js';

const CATCH_UP_MS = 30_000;

/** An asynchronous streaming standby of an embedded server, with a line of its own to the primary. */
export class Standby {
  private constructor(
    readonly dataDir: string,
    readonly server: EmbeddedServer,
    private readonly line: TcpProxy,
    private readonly primary: RunningCluster,
  ) {}

  static async of(primary: RunningCluster): Promise<Standby> {
    const { hostname, port } = new URL(primary.ownerUrl);
    const line = await TcpProxy.to({ host: hostname, port: Number(port) });
    const dataDir = await mkdtemp(join(tmpdir(), 'waybill-standby-'));
    await copyCluster(primary, dataDir);
    await makeStandby(dataDir, line.through(primary.ownerUrl));
    return new Standby(dataDir, await useEmbeddedServer({ dataDir }), line, primary);
  }

  /** Resolves when the standby has replayed everything that the primary had committed when this was called. */
  async caughtUp(): Promise<void> {
    const [written] = await this.#ask<{ lsn: string }>(this.primary, 'SELECT pg_current_wal_lsn()::text AS lsn');
    const { lsn } = written!;
    await until(
      `the standby has replayed ${lsn}`,
      async () => {
        const sql = `SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS there`;
        const rows = await this.#ask<{ there: boolean }>(this.server, sql);
        return rows[0]?.there === true;
      },
      CATCH_UP_MS,
    );
  }

  /** Receives nothing more. */
  fallBehind(): void {
    this.line.black(true);
  }

  /** Becomes a primary, on a new timeline, with what it has. The old primary must be gone. */
  async promote(): Promise<void> {
    const rows = await this.#ask<{ done: boolean }>(this.server, 'SELECT pg_promote(true, 30) AS done');
    if (rows[0]?.done !== true) throw new Error('The standby could not be promoted.');
    await this.line.close();
  }

  /** Ends a standby that was not promoted. */
  async close(): Promise<void> {
    await this.line.close();
    await this.server.leave();
    await rm(this.dataDir, { recursive: true });
  }

  #ask<T extends object>({ ownerUrl }: { readonly ownerUrl: string }, sql: string): Promise<T[]> {
    return withOwner(ownerUrl, (client) => rowsOf<T>(client, sql));
  }
}
