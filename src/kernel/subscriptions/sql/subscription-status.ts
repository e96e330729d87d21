import type { Queryable } from '../../event-log/sql/queryable.js';

export interface SubscriptionStatus {
  readonly name: string;
  readonly version: number;
  readonly kind: 'inline' | 'async' | 'handler';
  readonly status: 'running' | 'stopped' | 'diverged';
  readonly last_error: string | null;
}

/** Registers a subscription; an existing row keeps its number of partitions and the code version that filled its view. */
export async function registerSubscription(
  on: Queryable,
  of: { name: string; version: number; kind: SubscriptionStatus['kind']; partitions: number },
): Promise<void> {
  await on.query({
    text: `INSERT INTO kernel.subscriptions (name, version, kind, partitions) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    values: [of.name, of.version, of.kind, of.partitions],
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
