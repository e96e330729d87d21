import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Environment } from '#config';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A start that takes longer has gone wrong; the machine may be busy with other tests. */
const START_MS = 120_000;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One real process of the built program, to be killed. What it says is kept, for when a test fails. */
export class BuiltProgram {
  #output = '';
  #isOver = false;
  readonly ended: Promise<Ending>;
  readonly #listeners = new Set<() => void>();

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    }
    // It may be gone when a line is sent to it.
    child.stdin!.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      // `close`, not `exit`: then everything it said has arrived.
      child.once('close', (code, signal) => {
        this.#isOver = true;
        this.#heard('');
        resolve({ code, signal });
      });
    });
  }

  /** @param script relative to the checkout, such as `dist/main.js` */
  static start(script: string, args: readonly string[], environment: Environment): BuiltProgram {
    const env = { ...process.env, NODE_OPTIONS: undefined, ...environment };
    const options = { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'] };
    return new BuiltProgram(spawn(process.execPath, [script, ...args], options));
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Resident memory in bytes; 0 when it isn't there. */
  get memory(): number {
    const pages = this.proc('statm')?.split(' ')[1];
    return Number(pages ?? 0) * 4_096;
  }

  /** A file of `/proc` about the process; undefined when it is gone. */
  proc(file: 'stat' | 'statm'): string | undefined {
    try {
      return readFileSync(`/proc/${this.pid}/${file}`, 'utf8');
    } catch {
      return undefined;
    }
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends the process as a power cut would, or by another signal; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending> {
    this.child.kill(signal);
    return this.ended;
  }

  /** Sends a line to its standard input. */
  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  /** Sends a signal that doesn't end it: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The first match of a pattern in what the process says. Rejects when it ends without having said it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(START_MS);
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (this.#isOver) throw new Error(`It ended without saying ${pattern}:\n${this.#output}`);
      if (deadline.aborted) throw new Error(`It didn't say ${pattern} in ${START_MS} ms:\n${this.#output}`);
      await this.#more(deadline);
    }
  }

  #heard(text: string): void {
    this.#output += text;
    for (const listener of this.#listeners) listener();
  }

  async #more(deadline: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        deadline.removeEventListener('abort', done);
        resolve();
      };
      this.#listeners.add(done);
      deadline.addEventListener('abort', done);
    });
  }
}

/** The server of `npm start`, at one address over all its lives. */
export class KillableServer {
  #program: BuiltProgram | undefined;
  lives = 0;

  private constructor(
    private readonly environment: Environment,
    readonly url: string,
  ) {}

  /** Prepares a server that isn't running yet. */
  static async on(environment: Environment): Promise<KillableServer> {
    const port = await freePort();
    const own = { ROLE: 'all', HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'error', AUTH_MODE: 'dev' };
    return new KillableServer({ ...environment, ...own }, `http://127.0.0.1:${port}`);
  }

  /** Starts it, with other settings for this life; resolves when it listens. */
  async start(settings: Environment = {}): Promise<void> {
    this.#program = BuiltProgram.start('dist/main.js', [], { ...this.environment, ...settings });
    this.lives += 1;
    await this.#program.said(/Waybill (listens on|worker started)/);
  }

  /** Kill -9. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<Ending | undefined> {
    return this.#program?.ended;
  }

  /** Ends it in order, if it runs. */
  async stop(): Promise<Ending | undefined> {
    return this.#program?.isRunning ? this.#program.kill('SIGTERM') : undefined;
  }

  get output(): string {
    return this.#program?.output ?? '';
  }

  /** Resident memory in bytes; 0 when it isn't there. */
  get memory(): number {
    return this.#program?.memory ?? 0;
  }
}

/** `waybill import <folder>` as a process of its own. */
export function startImport(folder: string, environment: Environment, ...options: string[]): BuiltProgram {
  return BuiltProgram.start('dist/cli/main.js', ['import', ...options, folder], { LOG_LEVEL: 'error', ...environment });
}

/**
 * A port that nobody listens on. Not one that the system gives away by itself: while the server is dead, a client's own
 * connection might get it, and even connect to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
