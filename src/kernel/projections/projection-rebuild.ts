import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Pools } from '../database/pools.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { EventRegistry } from '../messages/event-registry.js';
import type { Delivery } from '../subscriptions/subscriber.js';
import { foldBatch, touchedKeys } from './fold-batch.js';
import type { ProjectionDefinition } from './projection-definition.js';
import { ProjectionRegistry } from './projection-registry.js';
import type { Row } from './read-table.js';

const BATCH = 2_000;

/** No projection has this name. */
export class ProjectionUnknown extends Error {
  readonly code = 'projection-unknown';

  constructor(name: string, known: readonly string[]) {
    super(`There is no projection ${name}. Known: ${known.join(', ')}.`);
  }
}

/** Somebody else rebuilds it at this moment. */
export class RebuildUnderWay extends Error {
  readonly code = 'rebuild-under-way';

  constructor(name: string) {
    super(`${name} is being rebuilt at this moment.`);
  }
}

/**
 * Fills a view anew from the log, in its simplest form: the view is emptied first. An async view is then filled by its
 * running subscription, and readers with a token are told how far behind it is. An inline view is filled here, in one
 * transaction that keeps its writers waiting, since nobody else would fill it.
 */
@Injectable()
export class ProjectionRebuild {
  constructor(
    private readonly pools: Pools,
    private readonly projections: ProjectionRegistry,
    private readonly registry: EventRegistry,
    private readonly notifier: LogNotifier,
  ) {}

  /** @returns rows written here: 0 for an async view, which its subscription fills. @throws ProjectionUnknown, RebuildUnderWay */
  async rebuild(name: string): Promise<number> {
    const projection = this.projections.named(name);
    if (projection === undefined)
      throw new ProjectionUnknown(
        name,
        this.projections.all().map((known) => known.name),
      );
    const client = await this.pools.worker.connect();
    try {
      await client.query(`BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10s'`);
      await this.#assertAlone(client, name);
      const written =
        projection.mode === 'inline' ? await this.#refill(client, projection) : await this.#restart(client, projection);
      await client.query({
        text: `UPDATE kernel.subscriptions SET version = $2, kind = $3, status = 'running', last_error = NULL, failed_at = NULL,
                      events = $4, has_own_keys = $5
                WHERE name = $1`,
        values: [name, projection.version, projection.mode, projection.eventNames, projection.hasOwnKeys],
      });
      await failpoint('rebuild.before-swap');
      await client.query('COMMIT');
      client.release();
      await failpoint('rebuild.after-swap');
      // Workers of another version give it up now; those of this one take it.
      await this.notifier.tellLeasesChanged();
      return written;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #assertAlone(client: PoolClient, name: string): Promise<void> {
    const { rows } = await client.query<{ alone: boolean }>({
      text: `SELECT pg_try_advisory_xact_lock(hashtextextended('waybill.rebuild:' || $1, 0)) AS alone`,
      values: [name],
    });
    if (rows[0]?.alone !== true) throw new RebuildUnderWay(name);
  }

  /** The raised fence keeps a worker that folded before the rebuild from committing after it. */
  async #restart(client: PoolClient, projection: ProjectionDefinition): Promise<number> {
    await client.query({
      text: `UPDATE kernel.checkpoints SET position = 0, event_id = 0, fence = fence + 1, updated_at = clock_timestamp(),
                    epoch = (SELECT epoch FROM kernel.epochs ORDER BY started_at DESC LIMIT 1)
              WHERE subscription = $1`,
      values: [projection.name],
    });
    await client.query({ text: 'DELETE FROM kernel.held_events WHERE subscription = $1', values: [projection.name] });
    const tables = [projection.table, ...projection.totals.map((totals) => totals.table)];
    for (const table of tables) await client.query(`DELETE FROM ${table.name}`);
    return 0;
  }

  /** Writers of an inline view hold its table's lock until they commit: whoever was before us is visible below, and
   *  whoever comes after us folds its row from its stream. */
  async #refill(client: PoolClient, projection: ProjectionDefinition): Promise<number> {
    await client.query(`LOCK TABLE ${projection.table.name} IN SHARE ROW EXCLUSIVE MODE`);
    await client.query(`DELETE FROM ${projection.table.name}`);
    await client.query({ text: 'DELETE FROM kernel.checkpoints WHERE subscription = $1', values: [projection.name] });
    let written = 0;
    let after = 0;
    for (;;) {
      const rows = await this.#next(client, projection, after);
      if (rows.length === 0) return written;
      after = rows.at(-1)!.id;
      written += await this.#fold(client, projection, rows);
    }
  }

  async #next(client: PoolClient, projection: ProjectionDefinition, after: number): Promise<EventRow[]> {
    const { rows } = await client.query<EventRow>({
      text: `SELECT id, event_id, tenant, stream_id, version, name, schema_version, data, meta, recorded_at
               FROM kernel.events WHERE id > $1 AND name = ANY ($2) ORDER BY id LIMIT $3`,
      values: [after, projection.eventNames, BATCH],
    });
    return rows;
  }

  async #fold(client: PoolClient, projection: ProjectionDefinition, rows: readonly EventRow[]): Promise<number> {
    const batch = rows.map((row) => this.#delivery(projection, row));
    const keys = [...touchedKeys(projection, batch).values()];
    const found = await client.query<Row>({ text: projection.table.selectByKeys(), values: [JSON.stringify(keys)] });
    const before = new Map(found.rows.map((row) => [projection.table.keyOf(row), row]));
    const effects = foldBatch(projection, before, batch);
    await client.query({ text: projection.table.upsert('$1::jsonb'), values: [JSON.stringify(effects.upserts)] });
    await client.query({ text: projection.table.remove('$1::jsonb'), values: [JSON.stringify(effects.removals)] });
    return effects.upserts.length;
  }

  #delivery(projection: ProjectionDefinition, row: EventRow): Delivery {
    const recorded = recordedEvent(this.registry, row);
    return {
      recorded,
      keys: projection.keysFor(recorded.event, recorded.meta).map((key) => projection.table.keyOf(key)),
    };
  }
}
