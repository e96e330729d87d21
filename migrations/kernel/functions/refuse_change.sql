-- version 1
-- Keeps the event log append-only: the triggers below refuse every UPDATE, DELETE and TRUNCATE of events and positions,
-- by the owner too. Raises WB009.

CREATE OR REPLACE FUNCTION kernel.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on %.% refused: the event log is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'WB009';
END $$;

CREATE OR REPLACE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON kernel.events
  FOR EACH ROW EXECUTE FUNCTION kernel.refuse_change();
CREATE OR REPLACE TRIGGER events_no_truncate BEFORE TRUNCATE ON kernel.events
  FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();
CREATE OR REPLACE TRIGGER log_append_only BEFORE UPDATE OR DELETE ON kernel.log
  FOR EACH ROW EXECUTE FUNCTION kernel.refuse_change();
CREATE OR REPLACE TRIGGER log_no_truncate BEFORE TRUNCATE ON kernel.log
  FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();
