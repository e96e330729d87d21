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
  state         text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'succeeded', 'refused', 'parked', 'cancelled')),
  attempts      int         NOT NULL DEFAULT 0,
  error         text,
  due_at        timestamptz NOT NULL,
  claimed_until timestamptz,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at   timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ix_outgoing_commands_open ON kernel.outgoing_commands (instance, seq) WHERE state IN ('queued', 'parked');
CREATE INDEX ix_outgoing_commands_due ON kernel.outgoing_commands (due_at) WHERE state = 'queued';
COMMENT ON COLUMN kernel.outgoing_commands.instance IS 'Whose command it is: commands of one instance are executed strictly in order, a parked one holds the next.';
COMMENT ON COLUMN kernel.outgoing_commands.content_hash IS 'SHA-256 of id, tenant, name and content: outlives the content, so that a repeat is told from another command under the id. The id in it keeps equal contents apart.';
COMMENT ON COLUMN kernel.outgoing_commands.context IS '{ tenant, principal, actor, correlationId, causationId, traceparent, hop }';

-- Whether a command that is sent again under its id is another one: never, because then the commit fails. Called for the row
-- that has the id already, under its lock.
CREATE FUNCTION kernel.is_other_command(p_id uuid, p_known text, p_again text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_known = p_again THEN
    RETURN false;
  END IF;
  RAISE EXCEPTION 'The command % was sent before with another content, or for another tenant. An id stands for one command: give the new one another id.', p_id
    USING ERRCODE = 'WB005';
END $$;

-- Claims due commands, at most one per instance, for a while; whoever dies with a claim loses it by the database clock.
CREATE FUNCTION kernel.claim_commands(p_limit int, p_claim interval)
RETURNS SETOF kernel.outgoing_commands LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE kernel.outgoing_commands o SET claimed_until = clock_timestamp() + p_claim
   WHERE o.id IN (
     SELECT q.id FROM kernel.outgoing_commands q
      WHERE q.state = 'queued' AND q.due_at <= clock_timestamp()
        AND (q.claimed_until IS NULL OR q.claimed_until <= clock_timestamp())
        AND NOT EXISTS (SELECT FROM kernel.outgoing_commands e
                         WHERE e.instance = q.instance AND e.seq < q.seq AND e.state IN ('queued', 'parked'))
      ORDER BY q.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
  RETURNING o.*;
$$;
`;
