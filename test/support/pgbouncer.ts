import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { serverAccount, type Account } from '../../src/platform/database/embedded/account.js';
import { freePort } from '../../src/platform/database/embedded/free-port.js';
import { eventually } from '../../src/kernel/testing/eventually.js';

/** What went through a pooler since it was started. */
export interface Traffic {
  readonly transactions: number;
  /** How many databases had any. */
  readonly databases: number;
}

const PROGRAM = 'pgbouncer';
/** The first version that carries prepared statements over transactions; there it is told not to, as the worst case. */
const CARRIES_NAMES = [1, 21] as const;

/**
 * Debian's pgbouncer in transaction mode in front of one server, with a configuration of its own on a free port, as
 * docs/how-to/run-behind-pgbouncer.md describes it. Whoever may sign in at the server may sign in here.
 */
export class PgBouncer {
  private constructor(
    /** `127.0.0.1:<port>`: put it in place of the server's host in a URL. */
    readonly address: string,
    private readonly serverUrl: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param serverUrl signs in as a superuser.
   * @param changed settings of pgbouncer that shall be others; an empty value leaves one out.
   * @param users passwords of more users for its list.
   * @throws Error when pgbouncer isn't installed or doesn't start.
   */
  static async start(
    serverUrl: string,
    changed: Readonly<Record<string, string>> = {},
    users: Readonly<Record<string, string>> = {},
  ): Promise<PgBouncer> {
    const version = await installedVersion();
    const folder = await mkdtemp(join(tmpdir(), 'waybill-pgbouncer-'));
    const port = await freePort();
    // pgbouncer refuses to run as root, as PostgreSQL does.
    const account = await serverAccount(join(folder, 'none'));
    const settings = { ...settingsFor(new URL(serverUrl), folder), ...nameless(version), ...changed };
    await writeFiles(folder, account, {
      'pgbouncer.ini': configuration(new URL(serverUrl), { ...settings, listen_port: String(port) }),
      'users.txt': userList(new URL(serverUrl), users),
    });
    const child = spawn(PROGRAM, ['-q', join(folder, 'pgbouncer.ini')], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000)));
    }
    const pooler = new PgBouncer(`127.0.0.1:${port}`, serverUrl, folder, child);
    try {
      await eventually(() => pooler.show('VERSION'));
    } catch (error) {
      await pooler.stop();
      throw new Error(`pgbouncer did not start: ${output || String(error)}`, { cause: error });
    }
    return pooler;
  }

  /** What went through it. */
  async traffic(): Promise<Traffic> {
    const rows = await this.show<{ database: string; total_xact_count: string }>('STATS');
    const used = rows.filter((row) => row.database !== 'pgbouncer' && Number(row.total_xact_count) > 0);
    const transactions = used.reduce((sum, row) => sum + Number(row.total_xact_count), 0);
    return { transactions, databases: used.length };
  }

  show<R extends object>(what: 'STATS' | 'VERSION'): Promise<R[]> {
    return this.#console<R>(`SHOW ${what}`);
  }

  /** Lets it open new sessions, as after a change of a role's settings. */
  async reconnect(): Promise<void> {
    await this.#console('RECONNECT');
  }

  /** The same URL by way of this pooler. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = this.address;
    return changed.toString();
  }

  async #console<R extends object>(command: string): Promise<R[]> {
    const url = new URL(this.through(this.serverUrl));
    url.pathname = '/pgbouncer';
    const client = new Client(url.toString());
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<R & { [column: string]: unknown }>(command)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      // SIGTERM ends it at once, whoever is connected; SIGINT would wait for them.
      this.child.kill('SIGTERM');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function installedVersion(): Promise<number[]> {
  try {
    const { stdout } = await promisify(execFile)(PROGRAM, ['--version']);
    return /(\d+)\.(\d+)/.exec(stdout)!.slice(1).map(Number);
  } catch (error) {
    throw new Error('pgbouncer is not installed. On Debian: apt-get install pgbouncer', { cause: error });
  }
}

function settingsFor(server: URL, folder: string): Record<string, string> {
  const superuser = decodeURIComponent(server.username);
  return {
    listen_addr: '127.0.0.1',
    unix_socket_dir: folder,
    pool_mode: 'transaction',
    auth_type: 'scram-sha-256',
    auth_file: join(folder, 'users.txt'),
    auth_user: superuser,
    auth_query: 'SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename = $1',
    admin_users: superuser,
    max_client_conn: '2000',
    default_pool_size: '10',
    // The run's server has other users; sessions that nobody uses leave it.
    server_idle_timeout: '5',
    // A spec's database that is gone must not hold up the next one of that name.
    server_login_retry: '0.2',
    log_connections: '0',
    log_disconnections: '0',
  };
}

/** Prepared statements aren't carried, also by a version that could. */
function nameless([major = 0, minor = 0]: readonly number[]): Record<string, string> {
  const [fromMajor, fromMinor] = CARRIES_NAMES;
  return major > fromMajor || minor >= fromMinor ? { max_prepared_statements: '0' } : {};
}

function configuration(server: URL, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).flatMap(([name, value]) => (value === '' ? [] : [`${name} = ${value}`]));
  return ['[databases]', `* = host=${server.hostname} port=${server.port}`, '[pgbouncer]', ...lines, ''].join('\n');
}

function userList({ username, password }: URL, more: Readonly<Record<string, string>>): string {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const users = { [decodeURIComponent(username)]: decodeURIComponent(password), ...more };
  return Object.entries(users)
    .map(([name, secret]) => `${quoted(name)} ${quoted(secret)}\n`)
    .join('');
}

async function writeFiles(folder: string, account: Account | undefined, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  if (account === undefined) return;
  for (const path of [folder, ...Object.keys(files).map((name) => join(folder, name))]) {
    await chown(path, account.uid, account.gid);
  }
}
