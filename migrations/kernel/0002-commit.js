// What a unit of work leaves behind; written by kernel.commit alone.
export const up = `
CREATE TABLE kernel.idempotency (
  tenant       text        NOT NULL,
  principal    text        NOT NULL,
  operation    text        NOT NULL,
  key          text        NOT NULL,
  fingerprint  text,
  kind         text        NOT NULL CHECK (kind IN ('client', 'kernel', 'system')),
  command_id   uuid        NOT NULL,
  outcome      text        NOT NULL CHECK (outcome IN ('result', 'refusal')),
  body         text        NOT NULL,
  last_stream  text,
  last_version bigint,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, principal, operation, key)
);
COMMENT ON TABLE kernel.idempotency IS 'One row per command: its answer. The unique row is also the lock of a command under way.';
CREATE INDEX ix_idempotency_created_at ON kernel.idempotency (created_at) WHERE kind <> 'system';
CREATE INDEX ix_idempotency_system_created_at ON kernel.idempotency (created_at) WHERE kind = 'system';

CREATE TABLE kernel.unique_values (
  tenant text NOT NULL,
  scope  text NOT NULL,
  value  text NOT NULL,
  owner  text NOT NULL,
  PRIMARY KEY (tenant, scope, value)
);
COMMENT ON TABLE kernel.unique_values IS 'Values that only one owner may hold; claimed in the commit of the owner.';
`;
