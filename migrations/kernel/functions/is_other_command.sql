-- version 1
-- Whether a command that is sent again under its id is another one: never, because then the commit fails.
-- Called by the upsert of src/kernel/outgoing/sql/outgoing-commands.ts for the row that has the id already, under its lock. Raises WB005.

CREATE OR REPLACE FUNCTION kernel.is_other_command(p_id uuid, p_known text, p_again text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_known = p_again THEN
    RETURN false;
  END IF;
  RAISE EXCEPTION 'The command % was sent before with another content, or for another tenant. An id stands for one command: give the new one another id.', p_id
    USING ERRCODE = 'WB005';
END $$;
