import type { Type } from '@nestjs/common';
import { Pool } from 'pg';
import { getMetadataArgsStorage, type DataSource } from 'typeorm';
import { EntityMetadataBuilder } from 'typeorm/metadata-builder/EntityMetadataBuilder.js';
import { dataSourceOver } from '../database/typeorm.js';
import type { EventMeta } from '../domain/index.js';
import { EventRegistry } from '../messages/event-registry.js';
import { foldBatch, type BatchEffects } from '../projections/fold-batch.js';
import { ProjectionDefinition } from '../projections/projection-definition.js';
import { PROJECTION_METADATA, type ProjectionOptions } from '../projections/projection.decorator.js';
import type { Row } from '../projections/read-table.js';
import type { Delivery } from '../subscriptions/subscriber.js';
import { metaOf } from './event-meta.js';

/** An event, or one with something that the log knows of it. */
export type GivenEvent = object | readonly [event: object, meta: Partial<EventMeta>];

/** What is there after the events. */
export interface FoldedRows {
  /** By key. */
  readonly rows: readonly object[];
  /** By totals table; each by key. */
  readonly totals: ReadonlyMap<Type<object>, readonly object[]>;
}

/** Folds as the kernel does: the same definition, the same batch, the same bookkeeping. */
export function foldRows(type: Type<object>, rows: readonly object[], events: readonly GivenEvent[]): FoldedRows {
  const definition = definitionOf(type);
  const before = new Map(rows.map((row) => [definition.table.keyOf(row as Row), row as Row]));
  const deliveries = events.map((given, index) => deliveryOf(definition, given, index + 1));
  const effects = foldBatch(
    definition,
    before,
    deliveries.filter((delivery) => delivery !== undefined),
  );
  const totals = definition.totals.map(
    ({ table }, index) =>
      [definition.totalsViews[index]!, byKey(effects.totals[index]!, (row) => table.keyOf(row))] as const,
  );
  return { rows: rowsAfter(definition, before, effects), totals: new Map(totals) };
}

/** Undefined for an event that the projection doesn't react to: the log is read by names. */
function deliveryOf(definition: ProjectionDefinition, given: GivenEvent, version: number): Delivery | undefined {
  const [event, known] = (Array.isArray(given) ? given : [given, {}]) as [object, Partial<EventMeta>];
  const meta = metaOf(event, version, known);
  if (!definition.reactsTo(meta.name)) return undefined;
  const touched = definition.keysFor(event, meta);
  return { recorded: { event, meta }, keys: [...touched.keys()], touched };
}

function rowsAfter({ table }: ProjectionDefinition, before: ReadonlyMap<string, Row>, effects: BatchEffects): Row[] {
  const after = new Map(before);
  for (const key of effects.removals) after.delete(table.keyOf(key));
  for (const row of effects.upserts) after.set(table.keyOf(row), row);
  return byKey([...after.values()], (row) => table.keyOf(row));
}

function byKey(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const definitions = new WeakMap<Type<object>, ProjectionDefinition>();

function definitionOf(type: Type<object>): ProjectionDefinition {
  const known = definitions.get(type);
  if (known !== undefined) return known;
  const options = Reflect.getMetadata(PROJECTION_METADATA, type) as ProjectionOptions | undefined;
  if (options === undefined) throw new Error(`${type.name} is no projection. Give it @Projection({ … }).`);
  const source = unconnected([options.view, ...(options.totals ?? []).map(({ view }) => view)]);
  const definition = new ProjectionDefinition(type, new type(), { options, source, registry: new EventRegistry() });
  definitions.set(type, definition);
  return definition;
}

/** Knows the entities' tables, and never connects. */
function unconnected(entities: readonly Type<object>[]): DataSource {
  const source = dataSourceOver(new Pool(), [...entities]);
  for (const metadata of new EntityMetadataBuilder(source, getMetadataArgsStorage()).build([...entities])) {
    source.entityMetadatasMap.set(metadata.target, metadata);
  }
  return source;
}
