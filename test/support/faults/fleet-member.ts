import type { Environment } from '#config';
import { until } from '../../../src/kernel/testing/until.js';
import { BuiltProgram, freePort } from '../processes.js';
import { TcpProxy } from '../tcp-proxy.js';

export type FleetRole = 'api' | 'worker';

/** One process of the fleet at one address over all its lives, with a line of its own to the database. */
export class FleetMember {
  #program: BuiltProgram | undefined;
  lives = 0;
  /** Of the program that runs here from the next start on. */
  release = 1;

  private constructor(
    readonly name: string,
    readonly role: FleetRole,
    readonly url: string,
    private readonly lines: { readonly line: TcpProxy; readonly listenLine: TcpProxy },
    private readonly environment: Environment,
  ) {}

  /** @param database where it runs; DATABASE_URL is the owner's, not yet through the line */
  static async prepare(name: string, role: FleetRole, environment: Environment): Promise<FleetMember> {
    const database = environment['DATABASE_URL']!;
    const [line, listenLine] = [await TcpProxy.to(addressOf(database)), await TcpProxy.to(addressOf(database))];
    const port = await freePort();
    const own = {
      ROLE: role,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: line.through(database),
      DATABASE_LISTEN_URL: listenLine.through(database),
    };
    return new FleetMember(name, role, `http://127.0.0.1:${port}`, { line, listenLine }, { ...environment, ...own });
  }

  /** Every connection but the one that notifications come by. */
  get line(): TcpProxy {
    return this.lines.line;
  }

  /** Resets all its connections to the database. */
  cut(): void {
    for (const line of Object.values(this.lines)) line.cut();
  }

  /** Nothing comes through between it and the database, or all of it at last. */
  black(isBlack: boolean): void {
    for (const line of Object.values(this.lines)) line.black(isBlack);
  }

  /** Notifications don't arrive, and their connection seems sound. */
  deafen(isDeaf: boolean): void {
    this.lines.listenLine.black(isDeaf);
  }

  /** Where the database is from now on. */
  retarget(database: string): void {
    for (const line of Object.values(this.lines)) line.retarget(addressOf(database));
  }

  /** Cuts the process off from the database, and lets it connect again. */
  cutOff(isCutOff: boolean): void {
    for (const line of Object.values(this.lines)) {
      line.refuseNew(isCutOff);
      if (isCutOff) line.cut();
    }
  }

  async start(): Promise<void> {
    this.#program = this.run('program.mjs', []);
    this.lives += 1;
    await this.#program.said(/Waybill listens on http/);
  }

  /** Starts another program of the rig with this member's settings and release. */
  run(script: string, args: readonly string[]): BuiltProgram {
    const environment = { ...this.environment, RIG_RELEASE: String(this.release) };
    return BuiltProgram.start(`test/support/faults/${script}`, args, environment);
  }

  get isRunning(): boolean {
    return this.#program?.isRunning === true;
  }

  get output(): string {
    return this.#program?.output ?? '';
  }

  /** Resident memory in bytes; 0 when it isn't there. */
  get memory(): number {
    return this.#program?.memory ?? 0;
  }

  /** Arms failpoints in the running process. */
  async arm(plan: string): Promise<void> {
    const before = this.output.split(`armed ${plan}\n`).length;
    this.#program!.tell(plan);
    const isArmed = (): boolean => this.output.split(`armed ${plan}\n`).length > before;
    await until(`${this.name} has armed ${plan}`, isArmed, 20_000);
  }

  /** Steps the wall clock of the running process: off by so many milliseconds. */
  async stepClock(ms: number): Promise<void> {
    await this.arm(`clock ${ms}`);
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
    return this.#program?.proc('stat')?.split(') ')[1]?.startsWith('T') === true;
  }

  async close(): Promise<void> {
    if (this.isRunning) {
      this.goOn();
      await this.#program!.kill();
    }
    await Promise.all(Object.values(this.lines).map((line) => line.close()));
  }
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
