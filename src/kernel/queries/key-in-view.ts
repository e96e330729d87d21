import type { Type } from '@nestjs/common';
import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { KEY_SEPARATOR } from '../subscriptions/partition-of.js';
import type { ReadKey } from './reads-from.js';

/** A key as a projection's subscription has it; a prefix where only the first of several key columns are known. */
export interface KeyInView {
  readonly text: string;
  readonly isPrefix: boolean;
}

/**
 * The key of the rows that a query is about, in one of its views. Undefined, which means any row, where the query tells
 * none of the first key column, and for totals: any row of the fold may be in the sum.
 */
export function keyInView(
  projection: ProjectionDefinition,
  view: Type<object>,
  key: ReadKey | undefined,
): KeyInView | undefined {
  if (key === undefined || view !== projection.view) return undefined;
  const properties = projection.table.keys.map(({ property }) => property);
  const values: unknown[] = typeof key === 'object' ? properties.map((property) => key[property]) : [key];
  const missing = values.indexOf(undefined);
  const told = missing === -1 ? values : values.slice(0, missing);
  if (told.length === 0) return undefined;
  const text = told.map(String).join(KEY_SEPARATOR);
  const isPrefix = told.length < properties.length;
  return { text: isPrefix ? `${text}${KEY_SEPARATOR}` : text, isPrefix };
}
