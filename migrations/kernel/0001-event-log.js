// The event log: streams arbitrate versions, events are append-only, positions are given after commit by sequence().
export const up = `
CREATE TABLE kernel.streams (
  tenant    text   NOT NULL,
  stream_id text   NOT NULL,
  version   bigint NOT NULL CHECK (version >= 0),
  PRIMARY KEY (tenant, stream_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE kernel.streams IS 'The arbiter of stream versions; written before event ids are drawn.';

CREATE TABLE kernel.events (
  id             bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
  event_id       uuid        NOT NULL,
  tenant         text        NOT NULL,
  stream_id      text        NOT NULL,
  version        bigint      NOT NULL,
  name           text        NOT NULL,
  schema_version smallint    NOT NULL,
  data           jsonb       NOT NULL,
  meta           jsonb       NOT NULL,
  recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT ux_events_stream_version UNIQUE (tenant, stream_id, version)
);
COMMENT ON COLUMN kernel.events.id IS 'Ascending inside a stream; not the order of the log (commits become visible out of order).';

CREATE TABLE kernel.log (
  position bigint PRIMARY KEY CHECK (position > 0),
  event_id bigint NOT NULL,
  CONSTRAINT ux_log_event_id UNIQUE (event_id)
);
COMMENT ON TABLE kernel.log IS 'Dense positions of the events, given after commit; event_id is kernel.events.id.';

CREATE TABLE kernel.log_state (
  only_row    boolean  PRIMARY KEY DEFAULT true CHECK (only_row),
  head        bigint   NOT NULL DEFAULT 0,
  highest_id  bigint   NOT NULL DEFAULT 0,
  gap_from    bigint[] NOT NULL DEFAULT '{}',
  gap_to      bigint[] NOT NULL DEFAULT '{}',
  gap_bounds  xid8[]   NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN kernel.log_state.gap_from IS 'First ids of the ranges below highest_id that were not visible yet: commits under way, or rollbacks.';
COMMENT ON COLUMN kernel.log_state.gap_to IS 'Last ids of those ranges, in the same order.';
COMMENT ON COLUMN kernel.log_state.gap_bounds IS 'In the same order: above the xid of whoever may still hold an id of the range.';
INSERT INTO kernel.log_state DEFAULT VALUES;

CREATE TABLE kernel.epochs (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch      uuid        NOT NULL UNIQUE,
  identity   text        NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason     text        NOT NULL
);
COMMENT ON TABLE kernel.epochs IS 'The row with the highest id is the log''s epoch; a restored or failed-over log gets a new one.';
COMMENT ON COLUMN kernel.epochs.identity IS 'System identifier, timeline, database oid and oid of kernel.events, with slashes between: another one is another log.';
`;
