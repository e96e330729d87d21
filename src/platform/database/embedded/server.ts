import { chown, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serverAccount, type Account } from './account.js';
import { findBinaries, type Binaries } from './binaries.js';
import { newPassword, OWNER, type Cluster, type KeptState } from './cluster.js';
import { freePort } from './free-port.js';
import { rotateLog } from './log-rotation.js';
import { probe } from './probe.js';
import { ServerPrograms, type Ended } from './server-process.js';

/** The embedded server can't be run. The message names the folder, what PostgreSQL said, and the remedy. */
export class EmbeddedServerRefused extends Error {
  override readonly name = 'EmbeddedServerRefused';
}

/** Everything the programs need, found once per process. */
interface Tools {
  readonly binaries: Binaries;
  readonly programs: ServerPrograms;
  readonly account: Account | undefined;
}

const POLL_MS = 25;
/** Recovery after a crash replays what wasn't written yet; a server that takes longer is in trouble. */
const READY_TIMEOUT_MS = 60_000;
/** Longer than it takes on a healthy machine; then people want to know why nothing happens. */
const REPORT_AFTER_MS = 2_000;
/** A killed server's last children hold its memory for a moment; a port may be taken between check and use. */
const START_TRIES = 8;

/** The same order of texts on every machine; no way in but loopback, with a password. */
const INITDB = [
  `--username=${OWNER}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--set=listen_addresses=127.0.0.1',
  '--set=unix_socket_directories=',
  '--no-instructions',
];

/** Given to every start, so that a newer version of Waybill may change them on an old cluster. */
const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_lock_waits: 'on',
  tcp_keepalives_idle: '30',
  tcp_user_timeout: '15000',
  client_connection_check_interval: '5000',
};

/** For tests only: survives the end of any process, not of the machine. */
const NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
};

/** One embedded server: finds it, starts it, stops it. Every method but `find` needs the cluster's file lock. */
export class Server {
  #tools: Promise<Tools> | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly isDurable: boolean,
  ) {}

  /** Where our cluster's server answers now, waiting for one that is starting. Undefined if none runs. */
  async find(state: KeptState, report: (text: string) => void): Promise<number | undefined> {
    const id = await this.cluster.systemIdentifier();
    if (id === undefined) return undefined;
    const noted = await this.cluster.noted();
    if (noted === undefined) return undefined;
    const giveUpAt = performance.now() + READY_TIMEOUT_MS;
    let reportAt = performance.now() + REPORT_AFTER_MS;
    for (;;) {
      const answer = await probe(noted.port, state.password, id);
      if (answer === 'ours') return noted.port;
      if (answer === 'other' && (await this.cluster.isServing(noted.pid)) !== true) return undefined;
      if (performance.now() > giveUpAt) throw this.#silent(noted);
      if (performance.now() > reportAt) {
        report(
          `PostgreSQL (process ${noted.pid}) is running in ${this.cluster.folder}, but is not ready; waiting for it.`,
        );
        reportAt = Infinity;
      }
      await pause(POLL_MS);
    }
  }

  /** Makes the cluster, complete or not at all. */
  async create(): Promise<KeptState> {
    const { binaries, programs, account } = await this.#prepared();
    const draft = await this.cluster.draft(account);
    const passwordFile = `${draft}.password`;
    const state = { password: newPassword(), port: await freePort() };
    await writeFile(passwordFile, `${state.password}\n`, { mode: 0o600, flag: 'wx' });
    if (account) await chown(passwordFile, account.uid, account.gid);
    const ended = await programs.run(binaries.initdb, [
      ...INITDB,
      `--pgdata=${draft}`,
      `--pwfile=${passwordFile}`,
      ...(this.isDurable ? [] : ['--no-sync']),
    ]);
    await rm(passwordFile, { force: true });
    if (ended.code !== 0) throw this.#refused('The cluster could not be created', ended);
    await this.cluster.writeState(state);
    await this.cluster.adopt(draft);
    return state;
  }

  /** Starts the server, at the recorded port if that is free, and keeps where it answers. One that runs when this fails is
   *  stopped again. */
  async start(state: KeptState): Promise<number> {
    try {
      return await this.#startAnywhere(state);
    } catch (error) {
      await this.stopAfterFailure();
      throw error;
    }
  }

  /** Stops what a start that failed has left; the failure is what the operator must see. */
  async stopAfterFailure(): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  async #startAnywhere(state: KeptState): Promise<number> {
    let port = await freePort(state.port);
    for (let attempt = 1; ; attempt += 1) {
      const ended = await this.#start(port);
      if (ended.code === 0) break;
      const log = await this.cluster.logTail();
      if (attempt >= START_TRIES || !isPassing(log)) throw this.#refused('The server did not start', ended, log);
      await pause(100 * attempt);
      port = await freePort();
    }
    if (port !== state.port) await this.cluster.writeState({ ...state, port });
    return port;
  }

  async stop(): Promise<void> {
    const { binaries, programs } = await this.#prepared();
    const args = ['stop', '--pgdata=.', '--mode=fast', '--wait', '--timeout=30', '--silent'];
    const ended = await programs.run(binaries.pgCtl, args, this.cluster.folder);
    if (ended.code !== 0 && (await this.cluster.noted())) throw this.#refused('The server did not stop', ended);
  }

  async #start(port: number): Promise<Ended> {
    const { binaries, programs } = await this.#prepared();
    await this.#clearTheWay();
    const settings = { ...SETTINGS, ...(this.isDurable ? {} : NOT_DURABLE) };
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
    const args = ['start', '--wait', '--silent', '--timeout=60', '--pgdata=.', `--log=${basename(this.cluster.log)}`];
    // pg_ctl hands all of this to a shell between double quotes: a path there must not have $ or " in it.
    const command = [...args, `--options=${[`-p ${port}`, ...options].join(' ')}`];
    return programs.run(binaries.pgCtl, command, this.cluster.folder);
  }

  /** A note of a server that is gone would stop a new one where its process id belongs to another process by now. */
  async #clearTheWay(): Promise<void> {
    const noted = await this.cluster.noted();
    if (noted && (await this.cluster.isServing(noted.pid)) === false) await this.cluster.forgetNote();
    await rotateLog(this.cluster.log);
  }

  #prepared(): Promise<Tools> {
    return (this.#tools ??= this.#prepare());
  }

  async #prepare(): Promise<Tools> {
    const account = await serverAccount(this.cluster.folder);
    const plain = new ServerPrograms(account);
    const binaries = await findBinaries(plain, this.cluster.dataDir);
    if (await plain.canEnter(this.cluster.dataDir)) return { binaries, programs: plain, account };
    const programs = plain.withWayIn();
    if (await programs.canEnter(this.cluster.dataDir)) return { binaries, programs, account };
    throw new EmbeddedServerRefused(
      `PostgreSQL doesn't run as root, so it is started as ${account?.name ?? 'another user'}, who may not enter ` +
        `${dirname(this.cluster.dataDir)}, and setpriv of util-linux, which could grant the access, is not usable. Set DATA_DIR to a ` +
        'folder that other users may enter, such as /var/lib/waybill, or start as an ordinary user.',
    );
  }

  #silent({ pid, port }: { pid: number; port: number }): EmbeddedServerRefused {
    return new EmbeddedServerRefused(
      `A PostgreSQL server (process ${pid}) uses ${this.cluster.folder}, but does not respond on port ${port}. It may be ` +
        `stopped or overloaded. See ${this.cluster.log}; end that process and start again, or set DATA_DIR elsewhere.`,
    );
  }

  #refused(what: string, ended: Ended, log = ''): EmbeddedServerRefused {
    const text = [ended.output.trim(), log].filter(Boolean).join('\n');
    return new EmbeddedServerRefused(
      `${what} in ${this.cluster.dataDir}:\n${text || `ended with code ${ended.code}`}\n` +
        'Correct that, set DATA_DIR to another folder, or set DATABASE_URL to your own PostgreSQL (15 to 18).',
    );
  }
}

/** Reasons against a start that pass by themselves. */
function isPassing(log: string): boolean {
  return /Address already in use|shared memory block|lock file "postmaster.pid" already exists/.test(log);
}
