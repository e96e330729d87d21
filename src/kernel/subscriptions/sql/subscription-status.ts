import type { Queryable } from '../../event-log/sql/queryable.js';

export interface SubscriptionStatus {
  readonly name: string;
  readonly version: number;
  readonly kind: 'inline' | 'async' | 'handler';
  readonly status: 'running' | 'stopped' | 'diverged';
  readonly last_error: string | null;
  /** Names of the events that a release must subscribe to get leases. */
  readonly registered: readonly string[];
}

/** What all releases together have declared about a subscription. */
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
    text: `INSERT INTO kernel.subscriptions (name, version, kind, partitions, events, has_own_keys, registered)
           VALUES ($1, $2, $3, $4, $5, $6, $5) ON CONFLICT DO NOTHING`,
    values: [of.name, of.version, of.kind, of.partitions, of.events, of.hasOwnKeys],
  });
}

/**
 * Registers the events that this release subscribes, unless another release may keep its own. From then on only releases
 * that subscribe the same get leases.
 * @param renewing the replica at whose renewal this happens; null at a start, which may replace the events of a live release.
 * @returns whether this release may run the subscription.
 */
export async function registerEvents(
  on: Queryable,
  of: { readonly name: string; readonly version: number } & DeclaredInterest,
  { leaseMs, renewing }: { readonly leaseMs: number; readonly renewing: string | null },
): Promise<boolean> {
  const { rows } = await on.query<{ mine: boolean }>({
    text: `SELECT kernel.register_events($1, $2, $3, $4, $5 * interval '1 millisecond', $6) AS mine`,
    values: [of.name, of.version, of.events, of.hasOwnKeys, leaseMs, renewing],
  });
  return rows[0]!.mine;
}

export async function readSubscriptions(on: Queryable): Promise<SubscriptionStatus[]> {
  const { rows } = await on.query<SubscriptionStatus & { [column: string]: unknown }>({
    text: 'SELECT name, version, kind, status, last_error, registered FROM kernel.subscriptions ORDER BY name',
  });
  return rows;
}

/** Marks every subscription that has seen what the log doesn't hold. @returns their names, also of those marked before. */
export async function markDiverged(on: Queryable): Promise<readonly string[]> {
  const { rows } = await on.query<{ names: string[] }>({ text: 'SELECT kernel.mark_diverged() AS names' });
  return rows[0]!.names;
}
