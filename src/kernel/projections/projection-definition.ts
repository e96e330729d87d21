import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { reactionsOf, type EventMeta } from '../domain/index.js';
import type { EventRegistry } from '../messages/event-registry.js';
import type { ProjectionOptions, Totals } from './projection.decorator.js';
import type { TouchedKeys } from '../subscriptions/subscriber.js';
import { ReadTable, type Row } from './read-table.js';
import { PERMANENT_NAME } from '../domain/permanent-name.js';

/** Enough for a handful of replicas; each costs one row update per batch. */
const DEFAULT_PARTITIONS = 8;

type Fold = (row: Row | undefined, event: object, meta: EventMeta) => Row | undefined;
type Keys = (event: object, meta: EventMeta) => Row | readonly Row[];

export interface TotalsDefinition {
  readonly table: ReadTable;
  readonly contribute: Totals<Row>['contribute'];
  /** Properties that are summed; the others are labels. Known from the first contribution on. */
  readonly amounts: ReadonlySet<string>;
}

/** A projection as the kernel runs it: checked, with its tables and its folds by event name. */
export class ProjectionDefinition {
  readonly name: string;
  readonly version: number;
  readonly mode: 'inline' | 'async';
  /** Of an inline view: the prefix of the streams whose rows it has. */
  readonly stream: string | undefined;
  readonly partitions: number;
  readonly table: ReadTable;
  readonly totals: readonly TotalsDefinition[];
  /** Names of the events it cares for, sorted. */
  readonly eventNames: readonly string[];
  readonly view: Type<object>;
  readonly totalsViews: readonly Type<object>[];
  /** It has a method `keys()`; else its key columns are named like the events' properties. */
  readonly hasOwnKeys: boolean;
  readonly #folds = new Map<string, Fold>();
  readonly #keys: Keys;

  constructor(
    readonly type: Type<object>,
    instance: object,
    from: { options: ProjectionOptions; source: DataSource; registry: EventRegistry },
  ) {
    const { options, source, registry } = from;
    this.name = options.name;
    this.version = options.version;
    this.mode = options.mode;
    this.stream = options.stream;
    this.partitions = options.mode === 'inline' ? 1 : (options.partitions ?? DEFAULT_PARTITIONS);
    this.view = options.view;
    this.totalsViews = (options.totals ?? []).map((of) => of.view);
    this.table = ReadTable.of(options.view, source);
    this.totals = (options.totals ?? []).map((of) => totalsDefinition(of, source));
    this.hasOwnKeys = 'keys' in instance;
    this.#keys = keysOf(type, instance, this.table);
    for (const [event, method] of reactionsOf(type))
      this.#folds.set(registry.definition(event).name, bound(instance, method));
    this.eventNames = [...this.#folds.keys()].toSorted();
    this.#check();
  }

  /** The rows that an event touches, each once: a transfer from an account to itself names its row twice, and is one event. */
  keysFor(event: object, meta: EventMeta): TouchedKeys {
    const named = this.#keys(event, meta);
    const keys = Array.isArray(named) ? (named as readonly Row[]) : [named as Row];
    return new Map(keys.map((key) => [this.table.keyOf(key), key]));
  }

  /** The next state of a row, with version and position filled in; undefined deletes it. */
  fold(row: Row | undefined, event: object, meta: EventMeta): Row | undefined {
    const fold = this.#folds.get(meta.name);
    if (fold === undefined) return row;
    const next = fold(row, event, meta);
    if (next === undefined || next === row) return next;
    const { bookkeeping } = this.table;
    const kept: Row = { ...next };
    if (bookkeeping.has('version')) kept['version'] = meta.version;
    if (bookkeeping.has('eventId')) kept['eventId'] = meta.id;
    if (bookkeeping.has('position')) kept['position'] = meta.position ?? 0;
    return kept;
  }

  reactsTo(name: string): boolean {
    return this.#folds.has(name);
  }

  /** @throws Error for an event that another kind of stream has: an inline row belongs to one stream. */
  assertStream({ stream, name }: EventMeta): void {
    if (stream.startsWith(`${this.stream}:`)) return;
    throw new Error(
      `${this.name} is inline and has the rows of ${this.stream}:…, but it folds ${name}, which was written to ${stream}. ` +
        'Give the other aggregate an event of its own, or make the view async.',
    );
  }

  /** @throws Error for a row that isn't the stream's own. */
  assertRowOf(stream: string, row: Row): void {
    const key = String(row[this.table.keys[0]!.property]);
    if (stream === `${this.stream}:${key}`) return;
    throw new Error(
      `${this.name} is inline, but its row ${key} isn't the one of ${stream}. Set the key column to the aggregate's id.`,
    );
  }

  #check(): void {
    if (this.eventNames.length === 0)
      throw new Error(`${this.type.name} reacts to no event. Mark its folds with @On(EventClass).`);
    if (this.mode === 'inline') return this.#checkInline();
    if (this.stream !== undefined)
      throw new Error(
        `${this.type.name} is async: it takes the events of every stream. Remove stream: '${this.stream}'.`,
      );
  }

  #checkInline(): void {
    if (this.stream === undefined || !PERMANENT_NAME.test(this.stream)) {
      const is = this.stream === undefined ? '' : ` '${this.stream}' is none.`;
      throw new Error(
        `${this.type.name} is inline: name the stream of its rows by stream: '<context>.<aggregate>', the streamPrefix of the aggregate's repository.${is}`,
      );
    }
    if (this.table.keys.length !== 1 || this.hasOwnKeys) {
      throw new Error(
        `${this.type.name} is inline, but its rows aren't one per stream. Give ${this.view.name} a single primary column with the ` +
          `aggregate's id and leave keys() out, or set mode: 'async'. (The stream's version check is what protects an inline row.)`,
      );
    }
    if (!this.table.bookkeeping.has('version')) {
      throw new Error(
        `${this.type.name} is inline, but ${this.view.name} has no column version. Add one: the kernel keeps the stream's version there, and ` +
          'compares it before it replaces a row.',
      );
    }
    if (this.totals.length > 0)
      throw new Error(`${this.type.name} is inline and has totals, which many streams would write. Set mode: 'async'.`);
  }
}

function bound(instance: object, method: string): Fold {
  const fold = (instance as Record<string, Fold>)[method]!;
  return (row, event, meta) => fold.call(instance, row, event, meta);
}

function keysOf(type: Type<object>, instance: object, table: ReadTable): Keys {
  const own = (instance as { keys?: Keys }).keys;
  if (own !== undefined) return (event, meta) => own.call(instance, event, meta);
  const properties = table.keys.map((key) => key.property);
  return (event) => {
    const key: Row = {};
    for (const property of properties) {
      const value = (event as Row)[property];
      if (value === undefined) {
        throw new Error(
          `${type.name} can't find the row that ${event.constructor.name} touches: it has no ${property}. Write keys(event, meta).`,
        );
      }
      key[property] = value;
    }
    return key;
  };
}

function totalsDefinition(of: Totals, source: DataSource): TotalsDefinition {
  const table = ReadTable.of(of.view, source);
  const numeric = table.columns.filter(
    (column) => !column.isKey && /^(bigint|integer|int8|int4|int|numeric)/.test(column.sqlType),
  );
  return {
    table,
    contribute: of.contribute as unknown as Totals<Row>['contribute'],
    amounts: new Set(numeric.map((column) => column.property)),
  };
}
