// Checkpoints of subscriptions, and the secrets that replicas share.
export const up = `
CREATE TABLE kernel.subscriptions (
  name       text        NOT NULL,
  generation int         NOT NULL DEFAULT 1,
  version    int         NOT NULL DEFAULT 1,
  kind       text        NOT NULL CHECK (kind IN ('inline', 'async')),
  status     text        NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'stopped', 'diverged')),
  last_error text,
  failed_at  timestamptz,
  PRIMARY KEY (name, generation)
);
COMMENT ON TABLE kernel.subscriptions IS 'Every projection that this database knows, with the code version that fills it.';

CREATE TABLE kernel.checkpoints (
  subscription text     NOT NULL,
  generation   int      NOT NULL DEFAULT 1,
  partition    smallint NOT NULL DEFAULT 0,
  position     bigint   NOT NULL DEFAULT 0,
  event_id     bigint   NOT NULL DEFAULT 0,
  epoch        uuid     NOT NULL,
  fence        bigint   NOT NULL DEFAULT 1,
  updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (subscription, generation, partition)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE kernel.checkpoints IS 'How far each subscription has come; moved in the statement that writes its effects.';

CREATE TABLE kernel.secrets (
  name       text        PRIMARY KEY,
  value      bytea       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE kernel.secrets IS 'Keys for tokens, cursors and development sign-in; shared by replicas, survive restarts.';
`;
