import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Environment } from '#config';
import { until } from '../../src/kernel/testing/until.js';
import { BuiltProgram } from './processes.js';

export interface Use {
  readonly wasRunning: boolean;
  readonly port: number;
  readonly ownerUrl: string;
}

/** One data folder with whatever runs on it; everything is ended and removed after the test. */
export class EmbeddedFolder {
  readonly #users: BuiltProgram[] = [];

  private constructor(
    readonly parent: string,
    readonly dataDir: string,
  ) {}

  /** @param name of the data folder: anything that a file system takes. */
  static async make(name = 'data'): Promise<EmbeddedFolder> {
    const parent = await mkdtemp(join(tmpdir(), 'waybill-embedded-'));
    await chmod(parent, 0o755);
    return new EmbeddedFolder(parent, join(parent, name));
  }

  /** Starts a process that uses the server of this folder. */
  user(sources: readonly string[] = [], environment: Environment = {}): BuiltProgram {
    const user = BuiltProgram.start('test/support/embedded-user.mjs', [this.dataDir, ...sources], environment);
    this.#users.push(user);
    return user;
  }

  serverPid(): Promise<number | undefined> {
    return serverPidOf(this.dataDir);
  }

  /** Ends all users and the server, whatever state they are in, and removes the folder. */
  async remove(): Promise<void> {
    await Promise.all(this.#users.filter(({ isRunning }) => isRunning).map((user) => user.kill()));
    const pid = await this.serverPid();
    if (pid !== undefined) {
      process.kill(pid, 'SIGQUIT');
      await gone(pid);
    }
    await rm(this.parent, { recursive: true, force: true });
  }
}

/** The process id of the server that runs on a data folder now; undefined if none does. */
export async function serverPidOf(dataDir: string): Promise<number | undefined> {
  const note = await readFile(join(dataDir, 'pg18', 'postmaster.pid'), 'utf8').catch(() => undefined);
  const pid = Number(note?.split('\n')[0]);
  return note !== undefined && isAlive(pid) ? pid : undefined;
}

export async function useOf(user: BuiltProgram): Promise<Use> {
  const [, json] = await user.said(/^using: (.*)$/m);
  return JSON.parse(json!) as Use;
}

/** Ends a user in order; tells what became of the server. */
export async function leave(user: BuiltProgram): Promise<string> {
  await user.kill('SIGTERM');
  return /^left: (.*)$/m.exec(user.output)?.[1] ?? user.output;
}

export async function answer(ownerUrl: string, sql: string): Promise<unknown> {
  const client = new Client(ownerUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ value: unknown }>(sql);
    return rows[0]?.value;
  } finally {
    await client.end();
  }
}

export function gone(pid: number): Promise<void> {
  return until(`process ${pid} is gone`, () => !isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
