import { withOwner } from './database.mjs';

/** 100,000 orders are two years of a shop that sells 137 a day. */
const ORDERS_PER_DAY = 137;
const NAMES = ['Black tee', 'Côte de Blaye', 'Oak desk lamp', 'Gnocchi di nonna Alice', 'Wool blanket'];

/** One stream with one OrderPlaced for each order, as the commands would have written them; $1 orders, $2 names. */
const EVENTS = `
WITH orders AS MATERIALIZED (
  SELECT n, uuidv7() AS id, to_char(timestamp '2025-01-01' + n * interval '1 day' / ${ORDERS_PER_DAY}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
    FROM generate_series(1, $1::int) AS g (n)
), streams AS (
  INSERT INTO kernel.streams (tenant, stream_id, version) SELECT 'default', 'ordering.order:' || id, 1 FROM orders
)
INSERT INTO kernel.events (event_id, tenant, stream_id, version, name, schema_version, data, meta)
SELECT uuidv7(), 'default', 'ordering.order:' || o.id, 1, 'ordering.order-placed', 1,
       jsonb_build_object('orderId', o.id, 'number', 'SO-' || 1000 + o.n, 'externalNumber', NULL,
         'customerId', 'customer-' || o.n % 1000, 'currency', 'EUR', 'lines', basket.lines, 'taxLines', '[]'::jsonb,
         'totals', jsonb_build_object('items', basket.gross, 'discount', basket.discount, 'shipping', 495, 'tax', 0,
           'grand', basket.gross - basket.discount + 495),
         'shortagePolicy', 'reject', 'placedAt', o.at),
       jsonb_build_object('occurredAt', o.at, 'commandId', uuidv7(), 'correlationId', uuidv7(), 'causationId', NULL,
         'actor', jsonb_build_object('type', 'customer', 'id', 'customer-' || o.n % 1000))
  FROM orders o
 CROSS JOIN LATERAL (
   SELECT jsonb_agg(jsonb_build_object('lineId', uuidv7(), 'sku', 'SKU-' || lpad(p.number::text, 4, '0'),
            'name', ($2::text[])[1 + p.number % 5] || ', no. ' || p.number, 'quantity', p.quantity, 'unitPrice', p.price,
            'discountPercent', p.percent, 'taxClass', NULL, 'gross', p.gross, 'discount', p.discount,
            'total', p.gross - p.discount, 'orderDiscount', 0)) AS lines,
          sum(p.gross) AS gross, sum(p.discount) AS discount
     FROM (SELECT number, quantity, price, percent, price * quantity AS gross, price * quantity * percent / 100 AS discount
             FROM (SELECT 1 + (o.n * 7 + i * 11) % 50 AS number, 1 + (o.n + i) % 5 AS quantity,
                          100 * (5 + (o.n * 7 + i * 11) % 50) AS price, 5 * ((o.n + i) % 3) AS percent
                     FROM generate_series(0, 4) AS line (i)) AS drawn) AS p) AS basket
 ORDER BY o.n`;

/** Fills an empty, migrated database with a log of orders, each with its position. */
export async function fillLog(ownerUrl, events) {
  await withOwner(ownerUrl, async (client) => {
    await client.query(EVENTS, [events, NAMES]);
    for (let assigned = 1; assigned > 0;) {
      const { rows } = await client.query('SELECT assigned FROM kernel.sequence(5000)');
      assigned = rows[0].assigned;
    }
    await client.query('VACUUM (ANALYZE) kernel.events, kernel.log, kernel.streams');
    await client.query('CHECKPOINT');
  });
}
