// Commands that are executed later: stored with what caused them, executed with their id as idempotency key.
export const up = `
CREATE TABLE kernel.outgoing_commands (
  id            uuid        PRIMARY KEY,
  seq           bigint      GENERATED ALWAYS AS IDENTITY,
  instance      text        NOT NULL,
  name          text        NOT NULL,
  data          jsonb       NOT NULL,
  content_hash  text,
  context       jsonb       NOT NULL,
  state         text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'succeeded', 'refused', 'dead-lettered', 'cancelled')),
  attempts      int         NOT NULL DEFAULT 0,
  error         text,
  due_at        timestamptz NOT NULL,
  claimed_until timestamptz,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at   timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ix_outgoing_commands_open ON kernel.outgoing_commands (instance, seq) WHERE state IN ('queued', 'dead-lettered');
CREATE INDEX ix_outgoing_commands_due ON kernel.outgoing_commands (due_at) WHERE state = 'queued';
COMMENT ON COLUMN kernel.outgoing_commands.instance IS 'Whose command it is: commands of one instance are executed strictly in order, a dead-lettered one blocks the next.';
COMMENT ON COLUMN kernel.outgoing_commands.content_hash IS 'SHA-256 of id, tenant, name and content: outlives the content, so that a repeat is told from another command under the id. The id in it keeps equal contents apart.';
COMMENT ON COLUMN kernel.outgoing_commands.context IS '{ tenant, principal, actor, correlationId, causationId, traceparent, causationDepth }';
`;
