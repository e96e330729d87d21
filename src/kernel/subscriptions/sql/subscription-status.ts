import type { Queryable } from '../../event-log/sql/queryable.js';

export interface SubscriptionStatus {
  readonly name: string;
  readonly version: number;
  readonly kind: 'inline' | 'async';
  readonly status: 'running' | 'stopped' | 'diverged';
  readonly last_error: string | null;
}

/** Registers a subscription; an existing row keeps the code version that filled its view. */
export async function registerSubscription(
  on: Queryable,
  of: { name: string; version: number; kind: 'inline' | 'async' },
): Promise<void> {
  await on.query({
    text: `INSERT INTO kernel.subscriptions (name, version, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    values: [of.name, of.version, of.kind],
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

export async function recordFailure(on: Queryable, name: string, error: string): Promise<void> {
  await on.query({
    text: 'UPDATE kernel.subscriptions SET last_error = $2, failed_at = clock_timestamp() WHERE name = $1',
    values: [name, error.slice(0, 2_000)],
  });
}

export async function clearFailure(on: Queryable, name: string): Promise<void> {
  await on.query({
    text: 'UPDATE kernel.subscriptions SET last_error = NULL, failed_at = NULL WHERE name = $1',
    values: [name],
  });
}
