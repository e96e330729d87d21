/** Where the statements of pure SQL write: tables like those of the views, indexes included, filled by nobody else. */
const REFERENCE = 'reference';

const PLACED = `kernel.log l JOIN kernel.events e ON e.id = l.event_id AND e.name = 'ordering.order-placed'`;

const SALES_DAILY = `
WITH o AS (
  INSERT INTO ${REFERENCE}.sales_orders (order_id, tenant, day, currency, units, gross, discount, net, shipping, version, position)
  SELECT (e.data->>'orderId')::uuid, e.tenant, left(e.data->>'placedAt', 10)::date, e.data->>'currency', line.units,
         (t->>'items')::bigint, (t->>'discount')::bigint, (t->>'items')::bigint - (t->>'discount')::bigint,
         (t->>'shipping')::bigint, e.version, l.position
    FROM ${PLACED}
   CROSS JOIN LATERAL (SELECT e.data->'totals') AS totals (t)
   CROSS JOIN LATERAL (SELECT sum((x->>'quantity')::bigint) FROM jsonb_array_elements(e.data->'lines') AS x) AS line (units)
  RETURNING tenant, day, currency, units, gross, discount, net, shipping
)
INSERT INTO ${REFERENCE}.sales_daily (tenant, day, currency, orders, units, gross, discount, net, shipping)
SELECT tenant, day, currency, count(*), sum(units), sum(gross), sum(discount), sum(net), sum(shipping)
  FROM o GROUP BY tenant, day, currency`;

/** As searchText() has it: compatibility forms taken apart, marks dropped, lower case. */
const FOLDED = (text) => String.raw`lower(regexp_replace(normalize(${text}, NFKD), '[\u0300-\u036F]', '', 'g'))`;

const ORDER_SEARCH = `
INSERT INTO ${REFERENCE}.order_search (order_id, tenant, number, number_key, external_number, customer_id, status, currency,
  total, units, placed_at, placed_key, updated_at, skus, search_text, draft, version, position)
SELECT (e.data->>'orderId')::uuid, e.tenant, e.data->>'number', lpad(e.data->>'number', 24), e.data->>'externalNumber',
       e.data->>'customerId', 'placed', e.data->>'currency', (e.data#>>'{totals,grand}')::bigint, line.units,
       (e.data->>'placedAt')::timestamptz, (e.data->>'placedAt')::timestamptz, (e.meta->>'occurredAt')::timestamptz,
       line.skus,
       ${FOLDED(`concat_ws(E'\\n', e.data->>'number', e.data->>'externalNumber', array_to_string(line.skus, E'\\n'), line.names)`)},
       NULL, e.version, l.position
  FROM ${PLACED}
 CROSS JOIN LATERAL (
   SELECT sum(quantity) AS units,
          array_agg(sku ORDER BY ord) FILTER (WHERE is_first_of_sku) AS skus,
          string_agg(name, E'\\n' ORDER BY ord) FILTER (WHERE is_first_of_name) AS names
     FROM (SELECT x->>'sku' AS sku, x->>'name' AS name, (x->>'quantity')::bigint AS quantity, ord,
                  row_number() OVER (PARTITION BY x->>'sku' ORDER BY ord) = 1 AS is_first_of_sku,
                  row_number() OVER (PARTITION BY x->>'name' ORDER BY ord) = 1 AS is_first_of_name
             FROM jsonb_array_elements(e.data->'lines') WITH ORDINALITY AS a (x, ord)) AS lines) AS line`;

/** The views that are folded anew, each with one statement that has the same result. */
export const VIEWS = [
  {
    subscription: 'insights.sales-daily',
    schema: 'insights_read',
    tables: ['sales_orders', 'sales_daily'],
    statement: SALES_DAILY,
  },
  { subscription: 'ordering.order-search', schema: 'ordering_read', tables: ['order_search'], statement: ORDER_SEARCH },
];

/** Makes the tables that a view's statement fills, empty. */
export async function makeReference(client, { schema, tables }) {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${REFERENCE}`);
  for (const table of tables) {
    await client.query(`DROP TABLE IF EXISTS ${REFERENCE}.${table}`);
    await client.query(`CREATE TABLE ${REFERENCE}.${table} (LIKE ${schema}.${table} INCLUDING ALL)`);
  }
}

/** How many rows differ between a view and its reference, either way. */
export async function differences(client, { schema, tables }) {
  let sum = 0;
  for (const table of tables) {
    const [view, reference] = [`TABLE ${schema}.${table}`, `TABLE ${REFERENCE}.${table}`];
    const { rows } = await client.query(
      `SELECT count(*)::int AS n FROM ((${view} EXCEPT ALL ${reference}) UNION ALL (${reference} EXCEPT ALL ${view})) AS d`,
    );
    sum += rows[0].n;
  }
  return sum;
}
