-- version 1
-- Whether an effect that is intended again is another one: never, because then the commit fails.
-- Called by the upsert of src/kernel/effects/effects.ts for the row that has the key already, under its lock. Raises WB005.

CREATE OR REPLACE FUNCTION kernel.is_other_effect(p_key text, p_known text, p_again text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_known = p_again THEN
    RETURN false;
  END IF;
  RAISE EXCEPTION 'The effect % was intended before with another body. A key stands for one intent for ever: give the new one another key.', p_key
    USING ERRCODE = 'WB005';
END $$;
