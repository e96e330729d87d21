import { createHash } from 'node:crypto';
import type { CommitGuard } from '../commands/commit-statement.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { EventRow, RecordedEvent } from '../event-log/stored-event.js';
import type { Delivery, Subscriber, TouchedKeys } from '../subscriptions/subscriber.js';
import { foldBatch, touchedKeys, type BatchEffects } from './fold-batch.js';
import type { ProjectionDefinition } from './projection-definition.js';
import type { Row } from './read-table.js';

interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * Keeps an async view. A batch costs two round trips: one SELECT of the touched rows, and one statement that calls the
 * guard (checkpoint and fence) and writes every row and total. That statement is the transaction, so view and
 * checkpoint can't part, and nothing is held open while we fold.
 */
export class AsyncProjection implements Subscriber {
  readonly kind = 'async';
  readonly startFrom = 'beginning';
  readonly name: string;
  readonly version: number;
  readonly partitions: number;
  readonly eventNames: readonly string[];
  readonly batchSize = Infinity;
  readonly hasOwnKeys: boolean;
  readonly #select: Statement;
  readonly #apply: Readonly<Record<CommitGuard['call'], Statement>>;

  constructor(private readonly projection: ProjectionDefinition) {
    this.name = projection.name;
    this.version = projection.version;
    this.partitions = projection.partitions;
    this.eventNames = projection.eventNames;
    this.hasOwnKeys = projection.hasOwnKeys;
    this.#select = named('select', projection.table.selectByKeys());
    this.#apply = {
      'kernel.advance': named('apply', composeApply(projection, 'kernel.advance')),
      'kernel.settle_failed_event': named('apply', composeApply(projection, 'kernel.settle_failed_event')),
    };
  }

  keysOf({ event, meta }: RecordedEvent): TouchedKeys {
    return this.projection.keysFor(event, meta);
  }

  /** Without code of its own, the key is the event's properties by the names of the key's columns: of any version. */
  keysOfStored({ data }: EventRow): readonly string[] | undefined {
    const { keys } = this.projection.table;
    const values = keys.map(({ property }) => data[property]);
    if (this.hasOwnKeys || !values.every(isScalar)) return undefined;
    return [this.projection.table.keyOf(data)];
  }

  async apply(on: Queryable, deliveries: readonly Delivery[], guard: CommitGuard): Promise<void> {
    const before = await this.#load(on, touchedKeys(deliveries));
    const effects = foldBatch(this.projection, before, deliveries);
    await on.query({ ...this.#apply[guard.call], values: [JSON.stringify(guard.argument), ...lists(effects)] });
  }

  async #load(on: Queryable, keys: ReadonlyMap<string, Row>): Promise<Map<string, Row>> {
    if (keys.size === 0) return new Map();
    const { rows } = await on.query<Row>({ ...this.#select, values: [JSON.stringify([...keys.values()])] });
    return new Map(rows.map((row) => [this.#keyOf(row, keys), row]));
  }

  /** A column that gives back another spelling than it was given would hide its row from every later fold. */
  #keyOf(row: Row, asked: ReadonlyMap<string, Row>): string {
    const key = this.projection.table.keyOf(row);
    if (asked.has(key)) return key;
    throw new KeyRespelt(this.name, { asked: [...asked.keys()], found: key });
  }
}

/** The view's key column stores a key in another form than the event has it, such as a uuid in upper case, or a number as 1.50. */
export class KeyRespelt extends Error {
  readonly code = 'key-respelt';

  constructor(projection: string, { asked, found }: { readonly asked: readonly string[]; readonly found: string }) {
    super(
      `${projection} asked for the rows ${asked.slice(0, 5).join(', ')} and got ${found}: the key's column stores it in another form. ` +
        'Make it text, or give keys in the form of the column.',
    );
  }
}

/** The guard comes first: it takes the checkpoint's lock before any row's, and raises before anything is written. */
function composeApply({ table, totals }: ProjectionDefinition, call: CommitGuard['call']): string {
  const guarded = 'WHERE (SELECT ok FROM guard)';
  const parts = [
    `guard AS MATERIALIZED (SELECT ${call}($1::jsonb) AS ok)`,
    `upserted AS (${table.upsert('$2::jsonb', guarded)})`,
    `removed AS (${table.remove('$3::jsonb', guarded)})`,
    ...totals.map((of, index) => `added${index} AS (${of.table.add(`$${4 + index}::jsonb`, of.amounts, guarded)})`),
  ];
  return `WITH ${parts.join(', ')} SELECT ok FROM guard`;
}

function lists(effects: BatchEffects): string[] {
  return [effects.upserts, effects.removals, ...effects.totals].map((rows) => JSON.stringify(rows));
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function named(kind: string, text: string): Statement {
  return { name: `view_${kind}_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`, text };
}
