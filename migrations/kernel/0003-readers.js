// Checkpoints of subscriptions, and the secrets that replicas share.
export const up = `
CREATE TABLE kernel.subscriptions (
  name       text        NOT NULL,
  version    int         NOT NULL DEFAULT 1,
  kind       text        NOT NULL CHECK (kind IN ('inline', 'async')),
  status     text        NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'stopped', 'diverged')),
  last_error text,
  failed_at  timestamptz,
  rebuild_to bigint,
  PRIMARY KEY (name)
);
COMMENT ON COLUMN kernel.subscriptions.rebuild_to IS 'async: head of the log when the view was emptied; it is complete again once all partitions have come so far. inline: not NULL while the view is being rebuilt, which refuses its writers.';
COMMENT ON TABLE kernel.subscriptions IS 'Every projection that this database knows, with the code version that fills it.';

CREATE TABLE kernel.checkpoints (
  subscription text     NOT NULL,
  partition    smallint NOT NULL DEFAULT 0,
  position     bigint   NOT NULL DEFAULT 0,
  event_id     uuid,
  fence        bigint   NOT NULL DEFAULT 1,
  updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (subscription, partition),
  CHECK ((position = 0) = (event_id IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON COLUMN kernel.checkpoints.event_id IS 'kernel.events.event_id of the event at the position: after a failover the position, and the event''s id, may be another event''s.';
COMMENT ON TABLE kernel.checkpoints IS 'How far each subscription has come; moved in the statement that writes its effects.';

CREATE TABLE kernel.secrets (
  name       text        PRIMARY KEY,
  value      bytea       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE kernel.secrets IS 'Keys for tokens, cursors and development sign-in; shared by replicas, survive restarts.';
`;
