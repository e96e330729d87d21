-- version 1
-- Stamps a stored command that changes, and erases its content with its end. A trigger, so that no statement that ends a command can
-- forget to.

CREATE OR REPLACE FUNCTION kernel.outgoing_command_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  IF NEW.state IN ('succeeded', 'refused', 'cancelled') THEN
    NEW.data := NULL;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER outgoing_command_changed BEFORE UPDATE ON kernel.outgoing_commands
  FOR EACH ROW EXECUTE FUNCTION kernel.outgoing_command_changed();
