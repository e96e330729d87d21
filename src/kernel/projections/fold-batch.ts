import { thrownByUserCode } from '../subscriptions/faults.js';
import type { Delivery, TouchedKeys } from '../subscriptions/subscriber.js';
import type { ProjectionDefinition, TotalsDefinition } from './projection-definition.js';
import type { Row } from './read-table.js';

/** What a batch of events does to a projection's tables. */
export interface BatchEffects {
  readonly upserts: readonly Row[];
  /** Key objects of rows that are gone. */
  readonly removals: readonly Row[];
  /** One list per totals table, in the definition's order. */
  readonly totals: readonly (readonly Row[])[];
}

/** The keys of every row that the batch touches, each once. */
export function touchedKeys(batch: readonly Delivery[]): TouchedKeys {
  return new Map(batch.flatMap(({ keys, touched }) => keys.map((id) => [id, touched.get(id)!])));
}

/** Folds a batch in memory. Pure: the same rows and events give the same effects. `before` maps key text to row. */
export function foldBatch(
  projection: ProjectionDefinition,
  before: ReadonlyMap<string, Row>,
  batch: readonly Delivery[],
): BatchEffects {
  const after = new Map<string, { key: Row; row: Row | undefined }>();
  for (const { recorded, keys, touched } of batch) {
    const { event, meta } = recorded;
    for (const id of keys) {
      const known = after.get(id);
      const row = known === undefined ? before.get(id) : known.row;
      const next = folded(() => projection.fold(row, event, meta));
      assertOwnRow(projection, next, id);
      after.set(id, { key: touched.get(id)!, row: next });
    }
  }
  const changed = [...after].filter(([id, { row }]) => row !== before.get(id));
  return {
    upserts: changed.flatMap(([, { row }]) => (row === undefined ? [] : [row])),
    removals: changed.flatMap(([, { key, row }]) => (row === undefined ? [key] : [])),
    totals: projection.totals.map((totals) => totalChanges(totals, before, changed)),
  };
}

function folded<R>(fold: () => R): R {
  try {
    return fold();
  } catch (error) {
    throw thrownByUserCode(error);
  }
}

/** Another key's row may be in a partition that another worker owns at the moment: nothing would keep it in order. */
function assertOwnRow({ name, table }: ProjectionDefinition, row: Row | undefined, key: string): void {
  if (row === undefined || table.keyOf(row) === key) return;
  throw new Error(
    `${name} folded the row ${key} into the row ${table.keyOf(row)}. Return the row of the key, or name the other key in keys(event, meta).`,
  );
}

/** A change of one row of totals. Amounts are added up as bigint: a batch of large ones would leave the exact numbers. */
interface Change {
  readonly columns: Row;
  readonly amounts: Map<string, bigint>;
}

/** Sums contribute(after) − contribute(before) by key; keys whose sums didn't change are left out. */
function totalChanges(
  totals: TotalsDefinition,
  before: ReadonlyMap<string, Row>,
  changed: readonly (readonly [string, { row: Row | undefined }])[],
): readonly Row[] {
  const changes = new Map<string, Change>();
  for (const [id, { row }] of changed) {
    addContributions(changes, totals, { row: before.get(id), sign: -1n });
    addContributions(changes, totals, { row, sign: 1n });
  }
  return [...changes.values()]
    .filter(({ amounts }) => [...amounts.values()].some((amount) => amount !== 0n))
    .map(rowOf);
}

function addContributions(
  changes: Map<string, Change>,
  totals: TotalsDefinition,
  of: { row: Row | undefined; sign: 1n | -1n },
): void {
  if (of.row === undefined) return;
  for (const { key, amounts, labels } of totals.contribute(of.row)) {
    const id = totals.table.keyOf(key);
    const change = changes.get(id) ?? { columns: { ...key }, amounts: new Map<string, bigint>() };
    for (const name of totals.amounts) {
      change.amounts.set(name, (change.amounts.get(name) ?? 0n) + of.sign * BigInt(amounts[name] ?? 0));
    }
    Object.assign(change.columns, labels);
    changes.set(id, change);
  }
}

/** As it travels in JSON: a sum that no number holds exactly goes as its digits, which PostgreSQL reads as well. */
function rowOf({ columns, amounts }: Change): Row {
  const exact = (amount: bigint): number | string =>
    Number.isSafeInteger(Number(amount)) ? Number(amount) : String(amount);
  return { ...columns, ...Object.fromEntries([...amounts].map(([name, amount]) => [name, exact(amount)])) };
}
