import { createHash } from 'node:crypto';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { RecordedEvent } from '../event-log/stored-event.js';
import type { Subscriber } from '../subscriptions/subscriber.js';
import { MOVE_CHECKPOINT, MOVE_PARAMS, moveValues, type Checkpoint } from '../subscriptions/sql/checkpoints.js';
import { foldBatch, touchedKeys, type BatchEffects } from './fold-batch.js';
import type { ProjectionDefinition } from './projection-definition.js';
import type { Row } from './read-table.js';

/**
 * Keeps an async view. A batch costs two round trips: one SELECT of the touched rows, and one statement that moves the
 * checkpoint by compare-and-set and, only if that moved, writes every row and total. That statement is the
 * transaction, so view and checkpoint can't part, and nothing is held open while we fold.
 */
export class AsyncProjection implements Subscriber {
  readonly name: string;
  readonly eventNames: readonly string[];
  readonly #select: { name: string; text: string };
  readonly #apply: { name: string; text: string };

  constructor(private readonly projection: ProjectionDefinition) {
    this.name = projection.name;
    this.eventNames = projection.eventNames;
    this.#select = named('select', projection.table.selectByKeys());
    this.#apply = named('apply', composeApply(projection));
  }

  async apply(
    on: Queryable,
    batch: readonly RecordedEvent[],
    move: { from: Checkpoint; to: { position: number; eventId: number } },
  ): Promise<boolean> {
    const before = await this.#load(on, touchedKeys(this.projection, batch));
    const effects = foldBatch(this.projection, before, batch);
    const { rows } = await on.query<{ moved: number }>({
      ...this.#apply,
      values: [...moveValues(move.from, move.to), ...lists(effects)],
    });
    return rows[0]!.moved === 1;
  }

  async #load(on: Queryable, keys: ReadonlyMap<string, Row>): Promise<Map<string, Row>> {
    if (keys.size === 0) return new Map();
    const { rows } = await on.query<Row>({ ...this.#select, values: [JSON.stringify([...keys.values()])] });
    return new Map(rows.map((row) => [this.projection.table.keyOf(row), row]));
  }
}

function composeApply({ table, totals }: ProjectionDefinition): string {
  const guarded = 'WHERE EXISTS (SELECT FROM moved)';
  const param = (index: number) => `$${MOVE_PARAMS + index}::jsonb`;
  const parts = [
    `moved AS (${MOVE_CHECKPOINT} RETURNING 1)`,
    `upserted AS (${table.upsert(param(1), guarded)})`,
    `removed AS (${table.remove(param(2), guarded)})`,
    ...totals.map((of, index) => `added${index} AS (${of.table.add(param(3 + index), of.amounts, guarded)})`),
  ];
  return `WITH ${parts.join(', ')} SELECT count(*)::int AS moved FROM moved`;
}

function lists(effects: BatchEffects): string[] {
  return [effects.upserts, effects.removals, ...effects.totals].map((rows) => JSON.stringify(rows));
}

function named(kind: string, text: string): { name: string; text: string } {
  return { name: `view_${kind}_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`, text };
}
