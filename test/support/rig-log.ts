import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { configurationOf } from '#config';
import type { Logins } from '../../src/kernel/database/pools.js';
import { prepareDatabase, withOwner } from '../../src/platform/database/prepare.js';
import { until } from '../../src/kernel/testing/until.js';
import { KillableDatabase } from './processes-database.js';
import {
  byId,
  byPosition,
  byTransaction,
  connected,
  createForgetfulSequencer,
  monotonicMs,
  Reader,
} from './rig-readers.js';
import { delays, metWithin, verdictOn, type Span, type StoredEvent, type Verdict } from './rig-verdict.js';
import type { EndedCommand } from './rig-writers.js';
import { Seeded } from './seed.js';

const WRITER_PROCESSES = 3;
const WRITERS_EACH = 4;
const SEQUENCERS = 3;
/** Every third crash is one of the whole server. */
const FEWEST_CRASHES = 4;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Followed {
  readonly commands: readonly EndedCommand[];
  readonly events: readonly StoredEvent[];
  readonly crashes: number;
  /** By the reader's name. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly delaysMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Events that were begun and met while a writing transaction was open in another database. */
  readonly metMeanwhile: Readonly<Record<string, number>>;
}

/**
 * One live log: several processes write it, the server is killed again and again, and readers of every kind follow. The
 * seed fixes the plan, not the interleaving.
 */
export class LogRig {
  readonly #writers: ChildProcess[] = [];
  readonly #commands: EndedCommand[] = [];
  readonly #foreign: Span[] = [];
  #logins!: Logins;
  #crashes = 0;

  private constructor(
    private readonly database: KillableDatabase,
    private readonly seed: Seeded,
    private readonly readers: readonly Reader[] = [],
  ) {}

  static async start(seed: Seeded): Promise<LogRig> {
    const database = await KillableDatabase.start();
    const rig: LogRig = new LogRig(
      database,
      seed,
      readersOf(() => rig.#logins.worker.url, seed),
    );
    // The machine doesn't crash here, and what the kernel of the system holds survives all else.
    await database.set({ fsync: 'off' });
    await rig.#prepare();
    return rig;
  }

  /** Lets it run, with a crash every few seconds and a foreign transaction in between; then lets everybody finish. */
  async follow(seconds: number): Promise<Followed> {
    for (let n = 0; n < WRITER_PROCESSES; n += 1) this.#startWriters(n);
    for (const reader of this.readers) reader.start(() => this.seed.next() * 10);
    await this.#untilWritten();
    const endAt = Date.now() + seconds * 1_000;
    while (Date.now() < endAt || this.#crashes < FEWEST_CRASHES) {
      await pause(this.seed.between(300, 1_500));
      await this.#openForeignTransaction();
      await this.#crash();
      await this.#untilWritten();
    }
    await this.#endWriters();
    for (const reader of this.readers) await reader.atRest();
    return this.#judge();
  }

  async stop(): Promise<void> {
    for (const writer of this.#writers) writer.kill('SIGKILL');
    await Promise.all(this.readers.map((reader) => reader.stop()));
    await this.database.stop();
  }

  /** Again after each start of the server, which may answer at another port. */
  async #prepare(): Promise<void> {
    const isFirst = this.#logins === undefined;
    const { database: settings } = configurationOf(this.database.environment);
    this.#logins = (await prepareDatabase({ ownerUrl: settings.url!, settings })).logins;
    if (!isFirst) return;
    const owner = await connected(settings.url!);
    await createForgetfulSequencer(owner);
    await owner.end();
  }

  #startWriters(n: number): void {
    const child = fork(`${ROOT}/test/support/rig-writers.ts`, {
      execArgv: ['--import', './test/support/typescript.mjs'],
      cwd: ROOT,
    });
    child.on('message', (command: EndedCommand) => this.#commands.push(command));
    child.send({ url: this.#logins.app.url, seed: this.seed.between(1, 1_000_000), writers: WRITERS_EACH });
    this.#writers[n] = child;
  }

  /** A crash of a server that nobody writes to shows nothing. */
  async #untilWritten(): Promise<void> {
    const before = this.#commands.length;
    const kept = (): number => this.#commands.slice(before).filter(({ outcome }) => outcome === 'kept').length;
    await until('writers of all processes have written', () => kept() > WRITER_PROCESSES * WRITERS_EACH * 2, 60_000);
  }

  async #endWriters(): Promise<void> {
    await Promise.all(
      this.#writers.map(async (writer) => {
        const ended = once(writer, 'exit');
        writer.send('stop');
        await ended;
      }),
    );
  }

  /** Every third time the whole server; else one writer's connection, which throws out everybody else's. */
  async #crash(): Promise<void> {
    this.#crashes += 1;
    if (this.#crashes % 3 !== 0) {
      await this.database.killBackend(this.seed);
      return;
    }
    await this.database.killPostmaster();
    await this.#prepare();
    for (const writer of this.#writers) writer.send({ url: this.#logins.app.url });
  }

  /** Readers that wait for the oldest transaction of the whole cluster meet nothing new as long as it is open. */
  async #openForeignTransaction(): Promise<void> {
    const url = new URL(this.database.environment['DATABASE_URL']!);
    url.pathname = '/postgres';
    await withOwner(url.toString(), async (foreign) => {
      await foreign.query('BEGIN');
      await foreign.query('SELECT pg_current_xact_id()');
      const from = monotonicMs();
      await pause(this.seed.between(300, 1_000));
      this.#foreign.push({ from, to: monotonicMs() });
      await foreign.query('COMMIT');
    });
  }

  #ask<R extends object>(text: string): Promise<R[]> {
    return withOwner(this.database.environment['DATABASE_URL']!, async (client) => (await client.query<R>(text)).rows);
  }

  async #judge(): Promise<Followed> {
    const commands = this.#commands;
    const events = await this.#ask<StoredEvent>(
      'SELECT id, event_id AS uuid, stream_id AS stream, version FROM kernel.events ORDER BY id',
    );
    const ofEach = <T>(judge: (reader: Reader) => T): Record<string, T> =>
      Object.fromEntries(this.readers.map((reader) => [reader.name, judge(reader)]));
    return {
      commands,
      events,
      crashes: this.#crashes,
      verdicts: ofEach(({ met }) => verdictOn(met, events, commands)),
      delaysMs: delays(this.readers[0]!.met, events, commands),
      metMeanwhile: ofEach(({ met }) => metWithin(this.#foreign, met, { events, commands })),
    };
  }
}

function readersOf(url: () => string, seed: Seeded): Reader[] {
  const own = (): Seeded => new Seeded(seed.between(1, 1_000_000));
  return [
    ...Array.from({ length: SEQUENCERS }, (_, n) => new Reader(`kernel ${n + 1}`, url, byPosition('kernel', own()))),
    new Reader('id cursor', url, byId()),
    new Reader('(xid8, id) cursor', url, byTransaction()),
    new Reader('forgets gaps', url, byPosition('rig', own())),
  ];
}
