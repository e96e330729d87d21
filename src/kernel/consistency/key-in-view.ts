import type { Type } from '@nestjs/common';
import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { KEY_SEPARATOR } from '../subscriptions/partition-of.js';
import { storableKey, storablePrefix } from '../subscriptions/storable-key.js';
import type { ReadKey } from './reads-from.js';

/** A key as a projection's subscription has it; a prefix where only the first of several key columns are known. */
export interface KeyInView {
  readonly text: string;
  readonly isPrefix: boolean;
}

/**
 * The key of the rows that a query is about, in one of its views. Undefined, which means any row, where the query has
 * no value for the first key column, and for totals: any row of the fold may be in the sum.
 */
export function keyInView(
  projection: ProjectionDefinition,
  view: Type<object>,
  key: ReadKey | undefined,
): KeyInView | undefined {
  if (key === undefined || view !== projection.view) return undefined;
  const { keys } = projection.table;
  const values: Readonly<Record<string, unknown>> = typeof key === 'object' ? key : { [keys[0]!.property]: key };
  const parts: string[] = [];
  for (const { property, sqlType } of keys) {
    const text = asStored(values[property], sqlType);
    if (text === undefined) break;
    parts.push(text);
  }
  if (parts.length === 0) return undefined;
  const text = parts.join(KEY_SEPARATOR);
  const isPrefix = parts.length < keys.length;
  return { text: isPrefix ? storablePrefix(`${text}${KEY_SEPARATOR}`) : storableKey(text), isPrefix };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** A value in the form in which its column gives it back, as in the keys of the view's rows: PostgreSQL finds a row by other forms
 *  too. Undefined where that form doesn't follow from the value and the type: then the query may be about any row. */
function asStored(value: unknown, sqlType: string): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const text = String(value);
  if (sqlType === 'text') return text;
  if (sqlType === 'uuid') return UUID.test(text.toLowerCase()) ? text.toLowerCase() : undefined;
  return ['smallint', 'integer', 'bigint'].includes(sqlType) && INTEGER.test(text) ? text : undefined;
}
