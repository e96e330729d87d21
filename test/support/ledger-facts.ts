import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { withOwner } from '../../src/platform/database/prepare.js';

export type Row = Readonly<Record<string, unknown>>;

export interface StoredEvent {
  readonly id: number;
  readonly stream: string;
  readonly version: number;
  readonly name: string;
  readonly commandId: string;
  readonly occurredAt: string;
  readonly data: Row;
}

export interface StoredKey {
  readonly key: string;
  readonly kind: string;
  readonly commandId: string;
  readonly body: string;
  readonly lastStream: string | null;
}

/** What views are compared with a fold: the answers that people get. */
const VIEWS = {
  summary: `SELECT order_id, number, external_number, customer_id, status, currency, placed_at, order_discount, shipping, tax,
                   version, event_id, lines FROM ordering_read.order_summary`,
  search: `SELECT order_id, number, external_number, customer_id, status, currency, total, units, placed_at, skus, version,
                  position FROM ordering_read.order_search`,
  timeline: 'SELECT order_id, version, type, at, params, position FROM ordering_read.order_timeline',
  daily: `SELECT day, currency, orders, units::bigint, gross::bigint, discount::bigint, net::bigint, shipping::bigint
            FROM insights_read.sales_daily`,
  products: 'SELECT day, currency, sku, name, quantity::bigint, net::bigint FROM insights_read.product_sales',
  customers:
    'SELECT day, currency, customer_id, orders, quantity::bigint, net::bigint FROM insights_read.customer_sales',
} as const;

export type ViewName = keyof typeof VIEWS;
export const VIEW_NAMES = Object.keys(VIEWS) as ViewName[];

/** Everything that the database holds, as plain rows: read past the kernel, by SQL alone, in one snapshot. */
export interface Facts {
  events: StoredEvent[];
  log: { readonly position: number; readonly eventId: number }[];
  streams: { readonly stream: string; readonly version: number }[];
  keys: StoredKey[];
  /** Whose parcel it is, by order id. */
  parcels: { readonly orderId: string; readonly name: string }[];
  externalNumbers: { readonly value: string; readonly owner: string }[];
  products: Row[];
  customers: Row[];
  views: Record<ViewName, Row[]>;
  /** What nobody should leave behind: transactions that idle, advisory locks, prepared transactions. */
  leftovers: string[];
}

export function readFacts(ownerUrl: string): Promise<Facts> {
  return withOwner(ownerUrl, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const facts: Facts = {
      events: await rowsOf(
        client,
        `SELECT id, stream_id AS stream, version, name, meta->>'commandId' AS "commandId", meta->>'occurredAt' AS "occurredAt", data
           FROM kernel.events ORDER BY id`,
      ),
      log: await rowsOf(client, 'SELECT position, event_id AS "eventId" FROM kernel.log ORDER BY position'),
      streams: await rowsOf(client, 'SELECT stream_id AS stream, version FROM kernel.streams'),
      keys: await rowsOf(
        client,
        `SELECT key, kind, command_id AS "commandId", body, last_stream AS "lastStream" FROM kernel.idempotency`,
      ),
      parcels: await rowsOf(
        client,
        `SELECT subject AS "orderId", data->'shipTo'->>'name' AS name FROM ordering_private.personal_data`,
      ),
      externalNumbers: await rowsOf(
        client,
        `SELECT value, owner FROM kernel.unique_values WHERE scope = 'ordering.external-number'`,
      ),
      products: await rowsOf(client, 'SELECT * FROM catalog.products'),
      customers: await rowsOf(client, 'SELECT * FROM customers.customers'),
      views: {} as Facts['views'],
      leftovers: await leftovers(client),
    };
    for (const view of VIEW_NAMES) facts.views[view] = await rowsOf(client, VIEWS[view]);
    await client.query('COMMIT');
    return facts;
  });
}

/**
 * Waits until every event has a position and every view has folded what there is about orders: a view may let its
 * checkpoint rest where only events follow that are none of its business.
 */
export function settled(ownerUrl: string): Promise<void> {
  return withOwner(ownerUrl, async (client) => {
    const deadline = AbortSignal.timeout(60_000);
    for (;;) {
      const [state] = await rowsOf<{ events: number; head: number; reached: number; last: number }>(
        client,
        `SELECT (SELECT count(*) FROM kernel.events) AS events, head,
                (SELECT coalesce(max(l.position), 0) FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                  WHERE e.name LIKE 'ordering.%') AS last,
                (SELECT min(c.position) FROM kernel.checkpoints c JOIN kernel.subscriptions s
                    ON s.name = c.subscription
                  WHERE s.kind = 'async' AND s.status = 'running') AS reached
           FROM kernel.log_state`,
      );
      if (state!.events === state!.head && state!.reached >= state!.last) return;
      if (deadline.aborted) throw new Error(`The views don't catch up: ${JSON.stringify(state)}`);
      await pause(20);
    }
  });
}

/** Waits until so many products, customers and orders are there, or there is no more reason to wait. */
export async function taken(client: ClientBase, rows: number, isHopeful: () => boolean): Promise<void> {
  while (isHopeful()) {
    const [row] = await rowsOf<{ count: number }>(
      client,
      `SELECT (SELECT count(*) FROM catalog.products) + (SELECT count(*) FROM customers.customers)
            + (SELECT count(*) FROM kernel.events WHERE name = 'ordering.order-placed') AS count`,
    );
    if (row!.count >= rows) return;
    await pause(3);
  }
}

async function leftovers(client: ClientBase): Promise<string[]> {
  const rows = await rowsOf<{ what: string }>(
    client,
    `SELECT 'a transaction that idles: ' || coalesce(query, '') AS what FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND state_change < now() - interval '5 s'
     UNION ALL SELECT 'a prepared transaction' FROM pg_prepared_xacts WHERE database = current_database()`,
  );
  return rows.map(({ what }) => what);
}

export async function rowsOf<T extends object>(client: ClientBase, sql: string): Promise<T[]> {
  return (await client.query(sql)).rows as T[];
}
