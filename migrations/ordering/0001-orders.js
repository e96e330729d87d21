// Orders are events in kernel.events; here are their numbers, their erasable personal data and their views.
import { textSearchIndex } from '../text-search-index.js';

export const up = `
CREATE SCHEMA IF NOT EXISTS ordering;
CREATE SCHEMA IF NOT EXISTS ordering_private;
CREATE SCHEMA IF NOT EXISTS ordering_read;

-- A process takes 50 numbers at a time and hands them out without asking again; what it doesn't use is a gap.
-- The increment may grow, never shrink: storage/order-numbers.ts hands out that many per block.
CREATE SEQUENCE ordering.order_numbers AS bigint START 1001 INCREMENT 50 CACHE 1;

CREATE TABLE ordering_private.personal_data (
  subject    text        PRIMARY KEY,
  data       jsonb       NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ordering_private.personal_data IS 'By order id: { shipTo, billTo, note, paymentMethodToken }. Never part of an event, so it can be erased.';

-- Inline: one row per order, written in the commit of the command.
CREATE TABLE ordering_read.order_summary (
  order_id        uuid        PRIMARY KEY,
  tenant          text        NOT NULL,
  number          text,
  external_number text,
  customer_id     text        NOT NULL,
  status          text        NOT NULL,
  currency        text,
  placed_at       timestamptz,
  updated_at      timestamptz NOT NULL,
  lines           jsonb       NOT NULL,
  discounts       jsonb       NOT NULL,
  order_discount  bigint      NOT NULL,
  shipping        bigint      NOT NULL,
  fee_currency    text,
  tax             bigint      NOT NULL,
  delivery_is_set boolean     NOT NULL,
  version         int         NOT NULL,
  event_id        bigint      NOT NULL
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX ux_order_summary_number ON ordering_read.order_summary (number, tenant) WHERE number IS NOT NULL;
CREATE INDEX ix_order_summary_external_number ON ordering_read.order_summary (external_number, tenant) WHERE external_number IS NOT NULL;
COMMENT ON COLUMN ordering_read.order_summary.discounts IS '[{ discountId, amount, reason }], granted while it was a draft.';
COMMENT ON COLUMN ordering_read.order_summary.fee_currency IS 'Of a draft''s delivery fee: the draft''s currency while it has no lines.';
COMMENT ON COLUMN ordering_read.order_summary.lines IS 'As in OrderSummaryView: amounts in minor units of currency.';

-- Async: one row per order, for lists.
CREATE TABLE ordering_read.order_search (
  order_id        uuid        PRIMARY KEY,
  tenant          text        NOT NULL,
  number          text,
  number_key      text        COLLATE "C" NOT NULL,
  external_number text,
  customer_id     text        NOT NULL,
  status          text        NOT NULL,
  currency        text,
  total           bigint      NOT NULL,
  units           bigint      NOT NULL,
  placed_at       timestamptz,
  placed_key      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  skus            text[]      NOT NULL,
  search_text     text        NOT NULL,
  draft           jsonb,
  version         int         NOT NULL,
  position        bigint      NOT NULL
) WITH (fillfactor = 85);
COMMENT ON COLUMN ordering_read.order_search.number_key IS 'The number padded on the left, so that it sorts as a number; empty for drafts.';
COMMENT ON COLUMN ordering_read.order_search.placed_key IS 'placed_at, or the year 1 for what was never placed: a sort key without nulls.';
COMMENT ON COLUMN ordering_read.order_search.search_text IS 'Numbers, skus and product names, folded by searchText().';
COMMENT ON COLUMN ordering_read.order_search.draft IS 'What a draft must remember to be folded further; null once it is placed.';

-- One index per sort, each ending in the id that breaks ties; lists read them forwards or backwards.
CREATE INDEX ix_order_search_placed ON ordering_read.order_search (tenant, placed_key, order_id);
CREATE INDEX ix_order_search_updated ON ordering_read.order_search (tenant, updated_at, order_id);
CREATE INDEX ix_order_search_total ON ordering_read.order_search (tenant, total, order_id);
CREATE INDEX ix_order_search_number ON ordering_read.order_search (tenant, number_key, order_id);
-- A customer's own list, newest first.
CREATE INDEX ix_order_search_customer ON ordering_read.order_search (tenant, customer_id, placed_key, order_id);
CREATE INDEX ix_order_search_external_number ON ordering_read.order_search (external_number) WHERE external_number IS NOT NULL;
CREATE INDEX ix_order_search_skus ON ordering_read.order_search USING gin (skus);

${textSearchIndex('ix_order_search_text', 'ordering_read.order_search')}
-- Async: one row per event that a person would call a step.
CREATE TABLE ordering_read.order_timeline (
  order_id uuid        NOT NULL,
  version  int         NOT NULL,
  type     text        NOT NULL,
  at       timestamptz NOT NULL,
  actor    jsonb       NOT NULL,
  params   jsonb       NOT NULL,
  position bigint      NOT NULL,
  PRIMARY KEY (order_id, version)
);
`;
