import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { typeParsers } from '../../src/kernel/database/type-parsers.js';
import type { Seeded } from './seed.js';

/** An event as a reader met it. */
export interface Met {
  readonly id: number;
  /** Milliseconds of the machine's monotonic clock. */
  readonly at: number;
}

/** Reads what is new, on a connection; returns the ids in the order in which it takes them. */
type Look = (client: pg.Client) => Promise<readonly number[]>;

const BATCH = 500;

/** Milliseconds of the machine's monotonic clock, the same in all processes. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Follows the log by looking again and again, with a cursor of its own, over crashes of the server. */
export class Reader {
  readonly met: Met[] = [];
  #isStopping = false;
  #emptyLooks = 0;
  #loop: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly url: () => string,
    private readonly look: Look,
  ) {}

  /** By its own loop: two readers never look at the same moment by arrangement. */
  start(pauseMs: () => number): void {
    this.#loop = this.#run(pauseMs);
  }

  /** Resolves when it has found nothing new for some looks. */
  async atRest(): Promise<void> {
    this.#emptyLooks = 0;
    while (this.#emptyLooks < 5) await pause(10);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#loop;
  }

  async #run(pauseMs: () => number): Promise<void> {
    let client: pg.Client | undefined;
    while (!this.#isStopping) {
      try {
        client ??= await connected(this.url());
        const ids = await this.look(client);
        const at = monotonicMs();
        this.met.push(...ids.map((id) => ({ id, at })));
        this.#emptyLooks = ids.length === 0 ? this.#emptyLooks + 1 : 0;
      } catch {
        // The server crashed: whatever was answered by then is read, and the rest again.
        await client?.end().catch(() => undefined);
        client = undefined;
      }
      await pause(pauseMs());
    }
    await client?.end().catch(() => undefined);
  }
}

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    types: typeParsers,
    application_name: 'waybill-rig-reader',
    connectionTimeoutMillis: 2_000,
    query_timeout: 20_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Calls a sequencer, then reads on by position, in a statement of its own: what every reader of the kernel does.
 *
 * @param schema `kernel`, or the schema of a control's copy
 */
export function byPosition(schema: string, seed: Seeded): Look {
  let cursor = 0;
  return async (client) => {
    await client.query({ text: `SELECT FROM ${schema}.sequence($1)`, values: [seed.between(1, 200)] });
    const { rows } = await client.query<{ position: number; id: number }>({
      text: `SELECT position, event_id AS id FROM ${schema}.log WHERE position > $1 ORDER BY position LIMIT ${BATCH}`,
      values: [cursor],
    });
    // Dense, or somebody skips something that may still come.
    const gap = rows.findIndex(({ position }, index) => position !== cursor + index + 1);
    if (gap !== -1) throw new Error(`${schema}.log has no position ${cursor + gap + 1}.`);
    cursor += rows.length;
    return rows.map(({ id }) => id);
  };
}

/** Control: a cursor on the ascending id. Misses what becomes visible after something higher. */
export function byId(): Look {
  let cursor = 0;
  return async (client) => {
    const { rows } = await client.query<{ id: number }>({
      text: `SELECT id FROM kernel.events WHERE id > $1 ORDER BY id LIMIT ${BATCH}`,
      values: [cursor],
    });
    cursor = rows.at(-1)?.id ?? cursor;
    return rows.map(({ id }) => id);
  };
}

/** Control: a cursor on (transaction, id) below the oldest running transaction. Misses nothing, but breaks streams. */
export function byTransaction(): Look {
  let cursor = { xid: 0, id: 0 };
  return async (client) => {
    const { rows } = await client.query<{ xid: number; id: number }>({
      text: `SELECT xmin::text::bigint AS xid, id FROM kernel.events
              WHERE xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                AND (xmin::text::bigint, id) > ($1, $2)
              ORDER BY 1, 2 LIMIT ${BATCH}`,
      values: [cursor.xid, cursor.id],
    });
    cursor = rows.at(-1) ?? cursor;
    return rows.map(({ id }) => id);
  };
}

/**
 * Control: the kernel's own sequencer in a schema `rig`, changed in one point: it doesn't remember gaps. Whoever commits
 * after somebody with a higher id is lost.
 */
export async function createForgetfulSequencer(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<{ source: string }>(
    `SELECT pg_get_functiondef('kernel.sequence(int, boolean)'::regprocedure) AS source`,
  );
  const copy = rows[0]!.source
    .replaceAll(/kernel\.(sequence|log_state|log)\b/g, 'rig.$1')
    .replaceAll(/advisory_xact_lock\(\d+\)/g, 'advisory_xact_lock(1)');
  const forgetful = ['gap_from = g.lows', 'gap_to = g.highs', 'gap_bounds = g.bounds'].reduce((source, remembers) => {
    if (!source.includes(remembers)) throw new Error('The sequencer has changed: make its forgetful copy anew.');
    return source.replace(remembers, remembers.replace(/= .*/, `= '{}'`));
  }, copy);
  await owner.query(`
    CREATE SCHEMA rig;
    CREATE TABLE rig.log (LIKE kernel.log INCLUDING ALL);
    CREATE TABLE rig.log_state (LIKE kernel.log_state INCLUDING ALL);
    INSERT INTO rig.log_state DEFAULT VALUES;
    ${forgetful};
    GRANT USAGE ON SCHEMA rig TO PUBLIC;
    GRANT SELECT ON ALL TABLES IN SCHEMA rig TO PUBLIC`);
}
