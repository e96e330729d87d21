import { spawn } from 'node:child_process';
import { platform } from 'node:os';
import type { Account } from './account.js';

/** PostgreSQL's programs read PG* variables and translate their messages: neither may depend on who starts us. */
const CLEAN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};
/** How long a program's last words may take after its end. */
const DRAIN_MS = 500;

export interface Ended {
  readonly code: number | null;
  /** What it wrote to stdout and stderr, together. */
  readonly output: string;
}

interface Circumstances {
  readonly account: Account | undefined;
  readonly folder: string | undefined;
}

/**
 * Runs PostgreSQL's programs as the account that may: ourselves, or another one when we are root. With `opensClosedFolders`
 * that account gets one capability of root's, so that it reaches a cluster below a folder that is closed to it; the
 * folder's mode stays as its owner wants it.
 */
export class ServerPrograms {
  constructor(
    private readonly account: Account | undefined,
    private readonly opensClosedFolders = false,
  ) {}

  withWayIn(): ServerPrograms {
    return new ServerPrograms(this.account, true);
  }

  /** Runs to its end, in a folder where that matters. Never throws for the program's own failure; a program that can't be run
   *  has code 127. */
  run(program: string, args: readonly string[], folder?: string): Promise<Ended> {
    return this.opensClosedFolders
      ? this.#spawn('setpriv', [...this.#wayIn(), program, ...args], { account: undefined, folder })
      : this.#spawn(program, args, { account: this.account, folder });
  }

  /** Whether the account can enter this folder. */
  async canEnter(folder: string): Promise<boolean> {
    if (this.account === undefined) return true;
    const { code } = await this.run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder]);
    return code === 0;
  }

  #wayIn(): string[] {
    const { uid, gid } = this.account ?? { uid: 0, gid: 0 };
    const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    return [...identity, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  }

  #spawn(program: string, args: readonly string[], { account, folder }: Circumstances): Promise<Ended> {
    return new Promise((resolve) => {
      const child = spawn(program, args, {
        // The working directory must be one that the other account can enter.
        cwd: folder ?? (account === undefined && !this.opensClosedFolders ? undefined : '/'),
        ...(platform() === 'win32' ? {} : { env: CLEAN_ENVIRONMENT }),
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
        ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      });
      let output = '';
      const collect = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('error', (error) => resolve({ code: 127, output: `${output}${error.message}` }));
      child.once('close', (code) => resolve({ code, output }));
      // A server that stays would hold the pipes open, where its system's pg_ctl doesn't redirect them.
      child.once('exit', (code) => setTimeout(() => resolve({ code, output }), DRAIN_MS).unref());
    });
  }
}
