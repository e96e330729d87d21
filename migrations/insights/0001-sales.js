// Sales by day, by product and by customer. Each report has a narrow row per order, so that an order can be taken out
// again exactly as it went in, and the totals which those rows add up to. An order's amounts are bounded, the sums over orders aren't:
// those are numeric, and never overflow.
export const up = `
CREATE TABLE insights_read.sales_orders (
  order_id uuid   NOT NULL PRIMARY KEY,
  tenant   text   NOT NULL,
  day      date   NOT NULL,
  currency text   NOT NULL,
  units    bigint NOT NULL,
  gross    bigint NOT NULL,
  discount bigint NOT NULL,
  net      bigint NOT NULL,
  shipping bigint NOT NULL,
  version  int    NOT NULL,
  position bigint NOT NULL
);
CREATE TABLE insights_read.sales_daily (
  tenant   text   NOT NULL,
  day      date   NOT NULL,
  currency text   NOT NULL,
  orders   bigint NOT NULL,
  units    numeric NOT NULL,
  gross    numeric NOT NULL,
  discount numeric NOT NULL,
  net      numeric NOT NULL,
  shipping numeric NOT NULL,
  PRIMARY KEY (tenant, day, currency)
) WITH (fillfactor = 50);
COMMENT ON TABLE insights_read.sales_daily IS 'Amounts in minor units of currency; day in UTC.';

CREATE TABLE insights_read.product_sales_orders (
  order_id uuid   NOT NULL PRIMARY KEY,
  tenant   text   NOT NULL,
  day      date   NOT NULL,
  currency text   NOT NULL,
  products jsonb  NOT NULL,
  version  int    NOT NULL,
  position bigint NOT NULL
);
COMMENT ON COLUMN insights_read.product_sales_orders.products IS '[{ sku, name, quantity, net }], one entry per sku.';
CREATE TABLE insights_read.product_sales (
  tenant   text   NOT NULL,
  day      date   NOT NULL,
  currency text   NOT NULL,
  sku      text   NOT NULL,
  name     text   NOT NULL,
  quantity numeric NOT NULL,
  net      numeric NOT NULL,
  PRIMARY KEY (tenant, day, currency, sku)
) WITH (fillfactor = 70);
COMMENT ON TABLE insights_read.product_sales IS 'net in minor units of currency; name as it was when last sold on that day.';

CREATE TABLE insights_read.customer_sales_orders (
  order_id    uuid   NOT NULL PRIMARY KEY,
  tenant      text   NOT NULL,
  day         date   NOT NULL,
  currency    text   NOT NULL,
  customer_id text   NOT NULL,
  quantity    bigint NOT NULL,
  net         bigint NOT NULL,
  version     int    NOT NULL,
  position    bigint NOT NULL
);
CREATE TABLE insights_read.customer_sales (
  tenant      text   NOT NULL,
  day         date   NOT NULL,
  currency    text   NOT NULL,
  customer_id text   NOT NULL,
  orders      bigint NOT NULL,
  quantity    numeric NOT NULL,
  net         numeric NOT NULL,
  PRIMARY KEY (tenant, day, currency, customer_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE insights_read.customer_sales IS 'net in minor units of currency; who the customer is, only Customers knows.';
`;
