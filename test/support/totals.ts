import type { Type } from '@nestjs/common';
import {
  PROJECTION_METADATA,
  type Contribution,
  type ProjectionOptions,
} from '../../src/kernel/projections/projection.decorator.js';
import { statesOf } from './fold.js';

/** A row of a totals table: its key, its sums and its labels. */
export type TotalRow = Readonly<Record<string, unknown>>;

/**
 * What a totals table holds after some streams, as the kernel would add it up: each change takes the row's old part out
 * and puts its new part in. Sums that came back to nothing are left out. Sorted by key.
 */
export function totalsOf(type: Type<object>, view: Type<object>, streams: readonly (readonly object[])[]): TotalRow[] {
  const { totals = [] } = Reflect.getMetadata(PROJECTION_METADATA, type) as ProjectionOptions;
  const contribute = totals.find((of) => of.view === view)!.contribute as (row: object) => readonly Contribution[];
  const sums = new Map<string, { key: object; amounts: Record<string, number>; labels: object }>();
  const add = (row: object | undefined, sign: 1 | -1): void => {
    for (const { key, amounts, labels } of row === undefined ? [] : contribute(row)) {
      const id = JSON.stringify(key);
      const sum = sums.get(id) ?? { key, amounts: {}, labels: {} };
      for (const [name, amount] of Object.entries(amounts))
        sum.amounts[name] = (sum.amounts[name] ?? 0) + sign * amount;
      sums.set(id, { ...sum, labels: { ...sum.labels, ...labels } });
    }
  };
  for (const events of streams) {
    const states = statesOf<object>(new type(), events);
    states.forEach((state, index) => {
      add(states[index - 1], -1);
      add(state, 1);
    });
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, { amounts }]) => Object.values(amounts).some((amount) => amount !== 0))
    .map(([, { key, amounts, labels }]) => ({ ...key, ...amounts, ...labels }));
}
