// Subscriptions shared by replicas: partitions, leases (liveness), fences (safety), and the events that can't take effect yet.
export const up = `
ALTER TABLE kernel.subscriptions
  ADD COLUMN partitions   smallint NOT NULL DEFAULT 1 CHECK (partitions BETWEEN 1 AND 256),
  ADD COLUMN events       text[]   NOT NULL DEFAULT '{}',
  ADD COLUMN has_own_keys boolean  NOT NULL DEFAULT false,
  ADD COLUMN registered   text[]   NOT NULL DEFAULT '{}',
  ADD COLUMN paused_at    timestamptz,
  ADD COLUMN paused_by    text,
  ADD COLUMN pause_reason text,
  ADD CHECK (num_nulls(paused_at, paused_by, pause_reason) IN (0, 3));
COMMENT ON COLUMN kernel.subscriptions.paused_at IS 'An operator has paused it: no replica gets a lease, and no effect commits, until it is resumed. NULL: not paused.';
COMMENT ON COLUMN kernel.subscriptions.events IS 'Names of the events that any release has subscribed: one that an older release doesn''t know is stored as failed there, not passed over.';
COMMENT ON COLUMN kernel.subscriptions.registered IS 'Names of the events, sorted, that a release must subscribe to get leases: another release would pass over the difference.';
COMMENT ON COLUMN kernel.subscriptions.has_own_keys IS 'A release computes the keys of its rows by code: they can''t be told from the data of an event that isn''t known.';
ALTER TABLE kernel.subscriptions DROP CONSTRAINT subscriptions_kind_check;
ALTER TABLE kernel.subscriptions ADD CHECK (kind IN ('inline', 'async', 'handler'));

CREATE TABLE kernel.former_checkpoints (
  subscription text     NOT NULL,
  partitions   smallint NOT NULL,
  partition    smallint NOT NULL,
  position     bigint   NOT NULL,
  event_id     uuid,
  PRIMARY KEY (subscription, partitions, partition),
  CHECK ((position = 0) = (event_id IS NULL))
);
COMMENT ON TABLE kernel.former_checkpoints IS 'Checkpoints as they were when the number of partitions was changed. The new partitions all begin at the lowest; an event up to the former checkpoint of its key has taken effect already, or is stored as failed, and is passed over.';

CREATE TABLE kernel.replicas (
  replica      text        PRIMARY KEY,
  seen_at      timestamptz NOT NULL,
  runs         text[]      NOT NULL,
  knows        text[]      NOT NULL,
  gap_ended_at timestamptz
);
COMMENT ON TABLE kernel.replicas IS 'Processes of the application; one not seen for the length of a lease is dead.';
COMMENT ON COLUMN kernel.replicas.gap_ended_at IS 'When it renewed for the first time after missing a renewal; null while it has missed none since its start.';
COMMENT ON COLUMN kernel.replicas.knows IS 'Subscriptions of its code, as name@version#md5 of the events'' names, inline views without the hash: while releases run side by side they differ.';
COMMENT ON COLUMN kernel.replicas.runs IS 'Those of them that it works on; none in a process that only serves requests.';

CREATE TABLE kernel.leases (
  subscription text        NOT NULL,
  partition    smallint    NOT NULL,
  owner        text        NOT NULL,
  token        bigint      NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (subscription, partition)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE kernel.leases IS 'Who works on which partition. Liveness only: safety is the fence in kernel.checkpoints.';
CREATE INDEX ix_leases_owner ON kernel.leases (owner);
CREATE SEQUENCE kernel.lease_tokens AS bigint;

CREATE TABLE kernel.failed_events (
  id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ux_failed_events_id UNIQUE,
  subscription text        NOT NULL,
  key          text        NOT NULL,
  position     bigint      NOT NULL,
  partition    smallint    NOT NULL,
  event_id     bigint      NOT NULL,
  state        text        NOT NULL CHECK (state IN ('retrying', 'waiting', 'dead-lettered')),
  attempts     int         NOT NULL DEFAULT 0,
  next_try_at  timestamptz,
  error        text,
  data         jsonb,
  failed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  blocks        text       NOT NULL DEFAULT 'key' CHECK (blocks IN ('key', 'partition')),
  is_unreadable boolean    NOT NULL DEFAULT false,
  revision      int        NOT NULL DEFAULT 0,
  PRIMARY KEY (subscription, key, position)
);
CREATE INDEX ix_failed_events_due ON kernel.failed_events (subscription, next_try_at) WHERE state = 'retrying';
COMMENT ON TABLE kernel.failed_events IS 'Events that could not take effect: the first of a key is retrying or dead-lettered, later ones wait behind it.';
COMMENT ON COLUMN kernel.failed_events.blocks IS 'key: later events of the key wait behind. partition: the event may touch any row, and the checkpoint stands before it.';
COMMENT ON COLUMN kernel.failed_events.is_unreadable IS 'The release that stored it could not read it; one that can tries it by itself.';
COMMENT ON COLUMN kernel.failed_events.revision IS 'Counts edits and retries by operators: a try that began before must not count.';
CREATE INDEX ix_failed_events_event_id ON kernel.failed_events (event_id);
CREATE INDEX ix_failed_events_unreadable ON kernel.failed_events (subscription, partition) WHERE is_unreadable;
COMMENT ON COLUMN kernel.failed_events.data IS 'Payload as an operator has corrected it; NULL for the one in the log.';

CREATE TABLE kernel.audit (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  principal text        NOT NULL,
  action    text        NOT NULL,
  subject   text        NOT NULL,
  reason    text,
  detail    jsonb       NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE kernel.audit IS 'What operators did to the log''s readers: who, when, why.';
`;
