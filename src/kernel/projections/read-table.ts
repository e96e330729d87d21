import type { DataSource, EntityMetadata } from 'typeorm';
import type { Type } from '@nestjs/common';
import { KEY_SEPARATOR } from '../subscriptions/partition-of.js';
import { storableKey } from '../subscriptions/storable-key.js';

export type Row = Record<string, unknown>;

export interface ReadColumn {
  readonly property: string;
  /** Quoted. */
  readonly column: string;
  readonly sqlType: string;
  readonly isKey: boolean;
}

/** Columns that the kernel itself fills, if the table has them. */
const BOOKKEEPING = ['version', 'position', 'eventId'] as const;

/**
 * A read table as the kernel writes it: whole rows in, whole rows out, many at a time. Rows travel as JSON with the
 * entity's property names; the SQL names the columns, so entities rule both.
 */
export class ReadTable {
  readonly name: string;
  readonly columns: readonly ReadColumn[];
  readonly keys: readonly ReadColumn[];
  readonly bookkeeping: ReadonlySet<string>;

  constructor(metadata: EntityMetadata, source: DataSource) {
    this.name = `"${metadata.schema ?? 'public'}"."${metadata.tableName}"`;
    this.columns = metadata.columns.map((column) => ({
      property: column.propertyName,
      column: `"${column.databaseName}"`,
      sqlType: sqlTypeOf(column, source),
      isKey: column.isPrimary,
    }));
    this.keys = this.columns.filter((column) => column.isKey);
    this.bookkeeping = new Set(BOOKKEEPING.filter((name) => this.columns.some((column) => column.property === name)));
  }

  static of(view: Type<object>, source: DataSource): ReadTable {
    if (!source.hasMetadata(view)) {
      throw new Error(
        `${view.name} is no entity of the read side. Add it to TypeOrmModule.forFeature(…) of its context's module, so that the kernel knows its table.`,
      );
    }
    return new ReadTable(source.getMetadata(view), source);
  }

  /** The key as text that can be stored: what keeps its order, is blocked and chooses the partition. */
  keyOf(row: Row): string {
    return storableKey(this.keys.map((key) => String(row[key.property])).join(KEY_SEPARATOR));
  }

  /** Reads the rows with the keys in $1: a JSON array of objects. LATERAL … OFFSET 0 is one index scan per key;
   *  a join is planned for a hundred keys, and reads the whole table for one. */
  selectByKeys(): string {
    const columns = this.columns.map(({ column, property }) => `t.${column} AS "${property}"`).join(', ');
    return `SELECT t.* FROM ${this.recordset('$1::jsonb', this.keys)}
      CROSS JOIN LATERAL (SELECT ${columns} FROM ${this.name} t WHERE ${this.sameKey()} OFFSET 0) t`;
  }

  /** Writes whole rows, replacing those with the same key. `source` yields r with this table's properties. */
  upsert(param: string, where = ''): string {
    const set = this.columns.filter((column) => !column.isKey).map(({ column }) => `${column} = excluded.${column}`);
    const onConflict = set.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${set.join(', ')}`;
    return `INSERT INTO ${this.name} (${this.columnList()}) SELECT ${this.values()} FROM ${this.recordset(param, this.columns)}
      ${where} ON CONFLICT (${this.keyList()}) ${onConflict}`;
  }

  /** Adds amounts to rows, in the order of their keys: two writers of one totals table never wait crosswise. */
  add(param: string, amounts: ReadonlySet<string>, where = ''): string {
    const set = this.columns
      .filter((column) => !column.isKey)
      .map(({ column, property }) =>
        amounts.has(property) ? `${column} = t.${column} + excluded.${column}` : `${column} = excluded.${column}`,
      );
    return `INSERT INTO ${this.name} AS t (${this.columnList()}) SELECT ${this.values()} FROM ${this.recordset(param, this.columns)}
      ${where} ORDER BY ${this.keys.map((key) => `r."${key.property}"`).join(', ')}
      ON CONFLICT (${this.keyList()}) DO UPDATE SET ${set.join(', ')}`;
  }

  /** Most batches remove nothing; the last condition then keeps the table from being scanned. */
  remove(param: string, where = ''): string {
    return `DELETE FROM ${this.name} t USING ${this.recordset(param, this.keys)}
      ${where === '' ? 'WHERE' : `${where} AND`} ${this.sameKey()} AND ${param} <> '[]'::jsonb`;
  }

  recordset(param: string, columns: readonly ReadColumn[]): string {
    return `jsonb_to_recordset(${param}) AS r (${columns.map((c) => `"${c.property}" ${c.sqlType}`).join(', ')})`;
  }

  sameKey(): string {
    return this.keys.map((key) => `t.${key.column} = r."${key.property}"`).join(' AND ');
  }

  columnList(): string {
    return this.columns.map(({ column }) => column).join(', ');
  }

  values(): string {
    return this.columns.map(({ property }) => `r."${property}"`).join(', ');
  }

  keyList(): string {
    return this.keys.map(({ column }) => column).join(', ');
  }
}

/** The type a value travels as. Lengths are left to the table: `character` alone would mean one character. */
function sqlTypeOf(column: EntityMetadata['columns'][number], source: DataSource): string {
  const type = source.driver.normalizeType(column);
  const open = type === 'character' || type === 'character varying' ? 'text' : type;
  return column.isArray ? `${open}[]` : open;
}
