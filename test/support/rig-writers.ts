// node --import ./test/support/typescript.mjs test/support/rig-writers.ts
// A process that writes to the log as many commands at once would: key row first, several streams, pauses in open
// transactions, rollbacks. It is started with an IPC channel and told where and how to write; it tells every command
// that has ended, until it is told to stop.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Seeded } from './seed.js';

/** What a process of writers is told first; a second one moves it to another URL. */
export interface WritersTask {
  readonly url: string;
  readonly seed: number;
  readonly writers: number;
}

/** A command that has ended. Times are milliseconds of the machine's monotonic clock, the same for all processes. */
export interface EndedCommand {
  readonly start: number;
  readonly end: number;
  /** `unknown`: the connection was lost after the commit was sent. */
  readonly outcome: 'kept' | 'undone' | 'unknown';
  /** UUIDs of its events. */
  readonly events: readonly string[];
}

interface Work {
  readonly keys: readonly object[];
  readonly streams: readonly object[];
  readonly events: readonly { readonly id: string }[];
}

const STREAMS = 40;
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

let url: string | undefined;
const stopping = new AbortController();

process.on('message', (message: WritersTask | 'stop') => {
  if (message === 'stop') {
    stopping.abort();
    return;
  }
  const isFirst = url === undefined;
  url = message.url;
  if (isFirst) void writeAll(message);
});
process.on('disconnect', () => process.exit());

async function writeAll({ seed, writers }: WritersTask): Promise<void> {
  await Promise.all(Array.from({ length: writers }, (_, n) => new Writer(new Seeded(seed * 1_000 + n)).run()));
  process.disconnect();
}

class Writer {
  #client: pg.Client | undefined;
  #start = 0;
  #outcome: EndedCommand['outcome'] = 'undone';
  #events: string[] = [];

  constructor(private readonly seed: Seeded) {}

  async run(): Promise<void> {
    while (!stopping.signal.aborted) {
      this.#client ??= await connected();
      if (this.#client !== undefined) await this.#command(this.#client);
    }
    await this.#client?.end();
  }

  async #command(client: pg.Client): Promise<void> {
    [this.#start, this.#outcome, this.#events] = [now(), 'undone', []];
    try {
      await (this.seed.chance(0.5) ? this.#atOnce(client) : this.#slowly(client));
    } catch {
      await client.query('ROLLBACK').catch(() => (this.#client = undefined));
    }
    process.send!({ start: this.#start, end: now(), outcome: this.#outcome, events: this.#events });
  }

  /** One statement, which is the transaction. */
  async #atOnce(client: pg.Client): Promise<void> {
    const work = { ...this.#work(this.#streams()), keys: [keyRow()] };
    await this.#commits([work], () => client.query(commitOf(work)));
    await pause(this.seed.next() * 3);
  }

  /** A key row, which takes the transaction's id; then events, stream by stream, with pauses; then COMMIT or ROLLBACK. */
  async #slowly(client: pg.Client): Promise<void> {
    const streams = this.#streams();
    const works = this.seed.chance(0.5) ? streams.map((stream) => this.#work([stream])) : [this.#work(streams)];
    await client.query('BEGIN');
    await client.query(commitOf({ keys: [keyRow()], streams: [], events: [] }));
    await this.#pause();
    for (const work of works) {
      await client.query(commitOf(work));
      await this.#pause();
    }
    if (this.seed.chance(0.2)) await client.query('ROLLBACK');
    else await this.#commits(works, () => client.query('COMMIT'));
  }

  /** Sends what commits, and notes what is known of it. */
  async #commits(works: readonly Work[], send: () => Promise<pg.QueryResult>): Promise<void> {
    this.#events = works.flatMap(({ events }) => events.map(({ id }) => id));
    this.#outcome = 'unknown';
    try {
      const { command } = await send();
      this.#outcome = command === 'ROLLBACK' ? 'undone' : 'kept';
    } catch (error) {
      // What the server refuses (a deadlock, a late lock) is undone. A lost connection, or FATAL, leaves it open.
      if ((error as { severity?: string }).severity === 'ERROR') this.#outcome = 'undone';
      throw error;
    }
  }

  /** Mostly a moment; sometimes so long that many others overtake. */
  #pause(): Promise<void> {
    const kind = this.seed.next();
    return pause(this.seed.next() * (kind < 0.6 ? 3 : kind < 0.95 ? 40 : 400));
  }

  /** One to three streams, ascending: that is the lock order. */
  #streams(): string[] {
    const picked = Array.from({ length: this.seed.between(1, 3) }, () => this.seed.between(0, STREAMS - 1));
    return [...new Set(picked)].toSorted((a, b) => a - b).map((n) => `rig.stream:${String(n).padStart(2, '0')}`);
  }

  #work(streams: readonly string[]): Work {
    const counted = streams.map((stream) => ({ tenant: 'rig', stream, mode: 'any', count: this.seed.between(1, 3) }));
    const events = counted.flatMap(({ tenant, stream, count }) =>
      Array.from({ length: count }, (_, n) => {
        const event = { tenant, stream, offset: n + 1, id: randomUUID(), name: 'rig.written', schema: 1 };
        return { ...event, data: {}, meta: {}, ...(n === count - 1 ? { last: true } : {}) };
      }),
    );
    return { keys: [], streams: counted, events };
  }
}

function keyRow(): object {
  const id = randomUUID();
  const key = { tenant: 'rig', principal: 'rig', operation: 'write', key: id, kind: 'client' };
  return { ...key, commandId: id, outcome: 'result', body: '1' };
}

function commitOf(work: Work): pg.QueryConfig {
  const text = 'SELECT count(*) FROM kernel.commit($1::jsonb)';
  return { name: 'rig_commit', text, values: [JSON.stringify({ ...work, uniques: [] })] };
}

async function connected(): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url!,
    application_name: `waybill-app-${process.pid}`,
    connectionTimeoutMillis: 2_000,
    query_timeout: 8_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch {
    await pause(50);
    return undefined;
  }
}
