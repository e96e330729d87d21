import { readFileSync } from 'node:fs';
import type { Environment } from '#config';
import { until } from '../../../src/kernel/testing/until.js';
import { BuiltProgram, freePort } from '../processes.js';
import { TcpProxy } from '../tcp-proxy.js';

export type FleetRole = 'api' | 'worker';

/** One process of the fleet at one address over all its lives, with a line of its own to the database. */
export class FleetMember {
  #program: BuiltProgram | undefined;
  lives = 0;

  private constructor(
    readonly name: string,
    readonly role: FleetRole,
    readonly url: string,
    readonly line: TcpProxy,
    private readonly environment: Environment,
  ) {}

  /** @param database where it runs; DATABASE_URL is the owner's, not yet through the line */
  static async prepare(name: string, role: FleetRole, environment: Environment): Promise<FleetMember> {
    const database = environment['DATABASE_URL']!;
    const line = await TcpProxy.to(addressOf(database));
    const port = await freePort();
    const own = { ROLE: role, HOST: '127.0.0.1', PORT: String(port), DATABASE_URL: line.through(database) };
    return new FleetMember(name, role, `http://127.0.0.1:${port}`, line, { ...environment, ...own });
  }

  async start(): Promise<void> {
    this.#program = BuiltProgram.start('test/support/faults/program.mjs', [], this.environment);
    this.lives += 1;
    await this.#program.said(/Waybill listens on http/);
  }

  get isRunning(): boolean {
    return this.#program?.isRunning === true;
  }

  get output(): string {
    return this.#program?.output ?? '';
  }

  /** Resident memory in bytes; 0 when it isn't there. */
  get memory(): number {
    const pages = this.#proc('statm')?.split(' ')[1];
    return Number(pages ?? 0) * 4_096;
  }

  /** Arms failpoints in the running process. */
  async arm(plan: string): Promise<void> {
    this.#program!.tell(plan);
    await until(`${this.name} has armed ${plan}`, () => this.output.includes(`armed ${plan}\n`), 20_000);
  }

  async kill(): Promise<void> {
    await this.#program!.kill();
  }

  /** Ends it in order. @returns milliseconds that took, and the exit code */
  async end(): Promise<{ ms: number; code: number | null }> {
    const from = Date.now();
    const { code } = await this.#program!.kill('SIGTERM');
    return { ms: Date.now() - from, code };
  }

  stop(): void {
    this.#program!.signal('SIGSTOP');
  }

  goOn(): void {
    this.#program!.signal('SIGCONT');
  }

  /** Stopped by a signal, be it its own. */
  get isStopped(): boolean {
    return this.#proc('stat')?.split(') ')[1]?.startsWith('T') === true;
  }

  async close(): Promise<void> {
    if (this.isRunning) {
      this.goOn();
      await this.#program!.kill();
    }
    await this.line.close();
  }

  #proc(file: string): string | undefined {
    try {
      return readFileSync(`/proc/${this.#program!.pid}/${file}`, 'utf8');
    } catch {
      return undefined;
    }
  }
}

export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
