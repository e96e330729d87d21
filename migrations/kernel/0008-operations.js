// Commands that a client has sent to be executed later: what it may ask about them, and what is kept of them how long.
export const up = `
ALTER TABLE kernel.outgoing_commands
  ADD COLUMN operation  text,
  ADD COLUMN resource   jsonb,
  ADD COLUMN updated_at timestamptz,
  ALTER COLUMN data DROP NOT NULL;
COMMENT ON COLUMN kernel.outgoing_commands.operation IS 'Route that a client sent it to (POST /v1/orders): it may ask what became of it. NULL: caused by other commands.';
COMMENT ON COLUMN kernel.outgoing_commands.resource IS '{ type, href }: what it makes; href has fields of the result in it, such as /v1/orders/:id.';
COMMENT ON COLUMN kernel.outgoing_commands.data IS 'May hold personal data: erased with the end of the command, never readable by the query side.';

UPDATE kernel.outgoing_commands SET data = NULL WHERE state IN ('succeeded', 'refused', 'cancelled');

-- Which operations may be forgotten. Commands caused by others are kept longer: their ids tell a repeat from a new one.
CREATE INDEX ix_outgoing_commands_forget ON kernel.outgoing_commands (finished_at)
  WHERE operation IS NOT NULL AND finished_at IS NOT NULL;
CREATE INDEX ix_outgoing_commands_forget_work ON kernel.outgoing_commands (finished_at)
  WHERE operation IS NULL AND finished_at IS NOT NULL;

-- The key of a request whose command is executed later is taken by its acceptance; the answer is kept under the
-- operation's id. Not validated, because every row that there is satisfied the narrower rule.
ALTER TABLE kernel.idempotency DROP CONSTRAINT idempotency_outcome_check;
ALTER TABLE kernel.idempotency ADD CONSTRAINT idempotency_outcome_check
  CHECK (outcome IN ('result', 'refusal', 'accepted')) NOT VALID;
`;
