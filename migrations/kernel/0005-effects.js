// What is to be done outside the database: committed as an intent, carried out afterwards, at least once, under one key.
export const up = `
CREATE TABLE kernel.effects (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant      text        NOT NULL,
  kind        text        NOT NULL,
  key         text        NOT NULL,
  body        jsonb       NOT NULL,
  body_hash   text        NOT NULL,
  context     jsonb       NOT NULL,
  state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done', 'dead-lettered')),
  attempts    int         NOT NULL DEFAULT 0,
  due_at      timestamptz DEFAULT clock_timestamp(),
  error       text,
  result      jsonb,
  intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at    timestamptz,
  CONSTRAINT ux_effects_key UNIQUE (tenant, kind, key),
  CHECK ((state IN ('pending', 'running')) = (due_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ix_effects_due ON kernel.effects (kind, due_at) WHERE state IN ('pending', 'running');
CREATE INDEX ix_effects_dead_lettered ON kernel.effects (id) WHERE state = 'dead-lettered';
CREATE INDEX ix_effects_forget ON kernel.effects (ended_at) WHERE state = 'done';
COMMENT ON TABLE kernel.effects IS 'Calls to other systems. Rows stay, unless RETENTION_WORK_DAYS says otherwise: a key stands for one intent.';
COMMENT ON COLUMN kernel.effects.due_at IS 'When a worker may take it: of a pending one the next try, of a running one the end of the claim.';
COMMENT ON COLUMN kernel.effects.context IS '{ correlationId, causationId, traceparent } of the unit of work that intended it.';
`;
