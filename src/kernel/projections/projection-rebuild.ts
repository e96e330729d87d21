import { Inject, Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { endAbandonedRebuild, readViewStates } from '../commands/sql/view-states.js';
import { Pools } from '../database/pools.js';
import { inPatientTransaction } from '../database/transaction.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { EventRegistry } from '../messages/event-registry.js';
import { lockCheckpoints } from '../subscriptions/sql/lock-checkpoints.js';
import type { Delivery } from '../subscriptions/subscriber.js';
import { foldBatch, touchedKeys } from './fold-batch.js';
import type { ProjectionDefinition } from './projection-definition.js';
import { ProjectionRegistry } from './projection-registry.js';
import type { Row } from './read-table.js';
import {
  awaitEarlierWriters,
  dropCheckpoints,
  emptyTables,
  isOnlyRebuild,
  lockTables,
  markRebuilding,
  nextStreamEvents,
  openStreamEvents,
  otherVersions,
  rewind,
  setKeeper,
} from './sql/rebuild.js';

/** No projection has this name. */
export class ProjectionUnknown extends Error {
  readonly code = 'projection-unknown';

  constructor(name: string, known: readonly string[]) {
    super(`No projection ${name}. Use one of: ${known.join(', ')}.`);
  }
}

/** Another process rebuilds it at this moment. */
export class RebuildUnderWay extends Error {
  readonly code = 'rebuild-under-way';

  constructor(name: string) {
    super(`A rebuild of ${name} is running.`);
  }
}

/** Processes of another release still fill or write the view: their rows would be refused, or their work wasted. */
export class RebuildRefused extends Error {
  readonly code = 'rebuild-refused';

  constructor({ name, version }: ProjectionDefinition, others: readonly { replica: string; version: string }[]) {
    const who = others.map((other) => `${other.replica} (version ${other.version})`).join(', ');
    super(
      `${name} would be rebuilt by version ${version}, but other processes run other versions of it: ${who}. Stop them, and rebuild then; ` +
        'one that was killed counts until its lease has ended. Nothing was changed.',
    );
  }
}

type BeforeCommit = (tx: Queryable, rows: number) => Promise<void>;

/**
 * Fills a view anew from the log, in its simplest form: the view is emptied first. An async view is then filled by its
 * running subscription, and reads report that it is not complete. An inline view is filled here, in one transaction:
 * readers see the old rows until it commits, and writers are refused meanwhile. All of it runs on one connection that no
 * time-out ends; when the process dies, the transaction is rolled back, and the view is as it was.
 */
@Injectable()
export class ProjectionRebuild {
  constructor(
    private readonly pools: Pools,
    private readonly projections: ProjectionRegistry,
    private readonly registry: EventRegistry,
    private readonly notifier: LogNotifier,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  /**
   * @param beforeCommit runs last in the rebuild's transaction, with the rows written: what it stores commits with the view
   * @returns rows written here: 0 for an async view, which its subscription fills
   * @throws ProjectionUnknown, RebuildUnderWay, RebuildRefused
   */
  async rebuild(name: string, beforeCommit: BeforeCommit = () => Promise.resolve()): Promise<number> {
    const projection = this.projections.named(name);
    if (projection === undefined)
      throw new ProjectionUnknown(
        name,
        this.projections.all().map((known) => known.name),
      );
    const written = await this.#committed(projection, beforeCommit);
    await failpoint('rebuild.after-swap');
    // Workers of another version give it up now; those of this one take it.
    await this.notifier.notifyLeasesChanged();
    return written;
  }

  async #committed(projection: ProjectionDefinition, beforeCommit: BeforeCommit): Promise<number> {
    try {
      return await inPatientTransaction(this.pools, async (tx) => {
        const written = await this.#swap(tx, projection);
        await beforeCommit(tx, written);
        await failpoint('rebuild.before-swap');
        return written;
      });
    } catch (error) {
      // The rows are as they were, and may be written again. If even that fails, the next writer does it.
      await endAbandonedRebuild(this.pools.worker, projection.name).catch(() => undefined);
      throw error;
    }
  }

  async #swap(client: Client, projection: ProjectionDefinition): Promise<number> {
    const { name, version, mode, eventNames, hasOwnKeys } = projection;
    if (!(await isOnlyRebuild(client, name))) throw new RebuildUnderWay(name);
    const others = await otherVersions(client, { name, version, leaseMs: this.options.leaseMs });
    if (others.length > 0) throw new RebuildRefused(projection, others);
    const stored = (await readViewStates(client, [{ name }])).get(name);
    const tables = [projection.table, ...projection.totals.map((totals) => totals.table)].map((table) => table.name);
    if (stored?.kind === 'inline') {
      await markRebuilding(this.pools.worker, name);
      await awaitEarlierWriters(client, name);
    } else await lockTables(client, tables);
    await lockCheckpoints(client, name);
    await emptyTables(client, tables);
    await (mode === 'inline' ? dropCheckpoints(client, name) : rewind(client, name));
    const written = mode === 'inline' ? await this.#refill(client, projection) : 0;
    await setKeeper(client, { name, version, kind: mode, events: eventNames, hasOwnKeys });
    return written;
  }

  /** Earlier writers' rows are visible by now, and no process writes until this has ended. */
  async #refill(client: Client, projection: ProjectionDefinition): Promise<number> {
    await openStreamEvents(client, { names: projection.eventNames, stream: projection.stream! });
    let written = 0;
    for (;;) {
      const rows = await nextStreamEvents(client);
      if (rows.length === 0) return written;
      written += await this.#fold(client, projection, rows);
    }
  }

  async #fold(client: Client, projection: ProjectionDefinition, rows: readonly EventRow[]): Promise<number> {
    const { table } = projection;
    const batch = rows.map((row) => this.#delivery(projection, row));
    const keys = [...touchedKeys(batch).values()];
    const found = await client.query<Row>({ text: table.selectByKeys(), values: [JSON.stringify(keys)] });
    const before = new Map(found.rows.map((row) => [table.keyOf(row), row]));
    const effects = foldBatch(projection, before, batch);
    await client.query({ text: table.upsert('$1::jsonb'), values: [JSON.stringify(effects.upserts)] });
    await client.query({ text: table.remove('$1::jsonb'), values: [JSON.stringify(effects.removals)] });
    return effects.upserts.length;
  }

  /** Folded under its stream's key: the row of another one would be refused. */
  #delivery(projection: ProjectionDefinition, row: EventRow): Delivery {
    const recorded = recordedEvent(this.registry, row);
    const touched = projection.keysFor(recorded.event, recorded.meta);
    for (const key of touched.values()) projection.assertRowOf(row.stream_id, key);
    return { recorded, keys: [...touched.keys()], touched };
  }
}
