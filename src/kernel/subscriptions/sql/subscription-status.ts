import type { Queryable } from '../../event-log/sql/queryable.js';

export interface SubscriptionStatus {
  readonly name: string;
  readonly version: number;
  readonly kind: 'inline' | 'async' | 'handler';
  readonly status: 'running' | 'stopped' | 'diverged';
  readonly last_error: string | null;
}

/** What all releases together have said of a subscription. */
export interface DeclaredInterest {
  /** Names of the events that it takes. */
  readonly events: readonly string[];
  /** Some release computes the keys of its rows by code. */
  readonly hasOwnKeys: boolean;
}

/** Registers a subscription; an existing row keeps its number of partitions and the code version that filled its view. */
export async function registerSubscription(
  on: Queryable,
  of: { name: string; version: number; kind: SubscriptionStatus['kind']; partitions: number } & DeclaredInterest,
): Promise<void> {
  await on.query({
    text: `INSERT INTO kernel.subscriptions (name, version, kind, partitions, events, has_own_keys)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    values: [of.name, of.version, of.kind, of.partitions, of.events, of.hasOwnKeys],
  });
}

export async function readInterest(on: Queryable, name: string): Promise<DeclaredInterest | undefined> {
  const { rows } = await on.query<DeclaredInterest & { [column: string]: unknown }>({
    name: 'kernel_read_interest',
    text: 'SELECT events, has_own_keys AS "hasOwnKeys" FROM kernel.subscriptions WHERE name = $1',
    values: [name],
  });
  return rows[0];
}

/**
 * Adds what this release subscribes to what others did. The raised fences make every owner read it before it commits
 * anything more: an older release doesn't pass over the events that this one is about to write. Locks: checkpoints by
 * partition, then the subscription.
 */
export async function addInterest(
  tx: Queryable,
  of: { readonly name: string; readonly version: number } & DeclaredInterest,
): Promise<void> {
  await tx.query({
    text: 'SELECT FROM kernel.checkpoints WHERE subscription = $1 ORDER BY partition FOR UPDATE',
    values: [of.name],
  });
  await tx.query({
    text: `WITH changed AS (
             UPDATE kernel.subscriptions s SET has_own_keys = s.has_own_keys OR $4,
                    events = ARRAY(SELECT DISTINCT n FROM unnest(s.events || $3::text[]) AS n ORDER BY n)
              WHERE s.name = $1 AND s.version = $2 AND NOT (s.events @> $3::text[] AND s.has_own_keys >= $4)
             RETURNING s.name)
           UPDATE kernel.checkpoints c SET fence = c.fence + 1 FROM changed WHERE c.subscription = changed.name`,
    values: [of.name, of.version, of.events, of.hasOwnKeys],
  });
}

export async function readSubscriptions(on: Queryable): Promise<SubscriptionStatus[]> {
  const { rows } = await on.query<SubscriptionStatus & { [column: string]: unknown }>({
    text: 'SELECT name, version, kind, status, last_error FROM kernel.subscriptions ORDER BY name',
  });
  return rows;
}

export async function markDiverged(on: Queryable, name: string): Promise<void> {
  await on.query({ text: `UPDATE kernel.subscriptions SET status = 'diverged' WHERE name = $1`, values: [name] });
}
