import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '#config';
import { useEmbeddedServer, type EmbeddedServer } from '../../src/platform/database/embedded/index.js';
import { withOwner } from '../../src/platform/database/prepare.js';
import { copyCluster } from './cluster-copy.js';
import { taken } from './ledger-facts.js';
import type { Seeded } from './seed.js';
import { Standby } from './standby.js';

/** A PostgreSQL of one test, with all that makes it durable, to be killed. */
export class KillableDatabase {
  #stopped: number[] = [];
  #standby: Standby | undefined;

  private constructor(
    private dataDir: string,
    private server: EmbeddedServer,
  ) {}

  static async start(): Promise<KillableDatabase> {
    const dataDir = await mkdtemp(join(tmpdir(), 'waybill-killable-'));
    return new KillableDatabase(dataDir, await useEmbeddedServer({ dataDir }));
  }

  get environment(): Environment {
    return { NODE_ENV: 'test', AUTH_MODE: 'dev', RATE_LIMITS: 'off', DATABASE_URL: this.server.ownerUrl };
  }

  /** Settings for every session from now on; for controls. */
  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    await withOwner(this.server.ownerUrl, async (client) => {
      for (const [name, value] of Object.entries(settings)) await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
      await client.query('SELECT pg_reload_conf()');
    });
  }

  /** Waits until so many products, customers and orders are in, through the time in which there are no tables yet. */
  async takenIn(rows: number): Promise<void> {
    const deadline = AbortSignal.timeout(60_000);
    for (;;) {
      const isThere = await withOwner(this.server.ownerUrl, (client) =>
        taken(client, rows, () => !deadline.aborted),
      ).then(
        () => true,
        () => false,
      );
      if (isThere) return;
      deadline.throwIfAborted();
      await pause(50);
    }
  }

  /** Kill -9 of one connection's process while it commits commands: PostgreSQL throws all others out and recovers. */
  async killBackend(seed: Seeded, ofWhom = 'waybill-app-%'): Promise<void> {
    const pids = await withOwner(this.server.ownerUrl, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name LIKE $1 AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, pid LIMIT 4`,
        [ofWhom],
      );
      return rows.map(({ pid }) => pid);
    });
    process.kill(seed.oneOf(pids), 'SIGKILL');
  }

  /** Kill -9 of the postmaster; its children end by themselves. Starts it again, as whatever watches over it would. */
  async killPostmaster(): Promise<void> {
    await this.#kill();
    this.server = await useEmbeddedServer({ dataDir: this.dataDir });
  }

  /** A standby that follows this server; it ends with it, unless the server fails over to it. */
  async standby(): Promise<Standby> {
    this.#standby = await Standby.of(this.server);
    return this.#standby;
  }

  /** The server dies, and the standby takes its place, with what it has received. */
  async failOverTo(standby: Standby): Promise<void> {
    await this.#kill();
    await standby.promote();
    await rm(this.dataDir, { recursive: true });
    this.dataDir = standby.dataDir;
    this.server = standby.server;
    this.#standby = undefined;
  }

  /** Copies the data folder while the server runs. @returns the folder of the copy, for {@link restore} */
  async snapshot(): Promise<string> {
    const dataDir = await mkdtemp(join(tmpdir(), 'waybill-snapshot-'));
    await copyCluster(this.server, dataDir);
    return dataDir;
  }

  /** The server dies, and a new one starts at the same address on a copy of before: same cluster, same timeline. */
  async restore(snapshot: string): Promise<void> {
    await this.#kill();
    await rm(this.dataDir, { recursive: true });
    this.dataDir = snapshot;
    this.server = await useEmbeddedServer({ dataDir: snapshot });
  }

  async #kill(): Promise<void> {
    const pid = Number((await readFile(join(this.server.folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await pause(10);
  }

  /** SIGSTOP of the postmaster and everything it has begotten. @returns how many */
  stopAll(): number {
    const postmaster = Number(readFileSync(join(this.server.folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
    this.#stopped = [postmaster, ...childrenOf(postmaster)];
    for (const pid of this.#stopped) signal(pid, 'SIGSTOP');
    return this.#stopped.length;
  }

  goOn(): void {
    for (const pid of this.#stopped) signal(pid, 'SIGCONT');
    this.#stopped = [];
  }

  async stop(): Promise<void> {
    this.goOn();
    await this.#standby?.close();
    await this.server.leave();
    await rm(this.dataDir, { recursive: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A server's process may have ended since it was listed. */
function signal(pid: number, name: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, name);
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]);
  } catch {
    return undefined;
  }
}
