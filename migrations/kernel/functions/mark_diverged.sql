-- version 1
-- Stops every subscription that has diverged. Returns their names.
-- Called by begin_epoch, and by src/kernel/subscriptions/sql/subscription-status.ts.

CREATE OR REPLACE FUNCTION kernel.mark_diverged() RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_name  text;
  v_names text[] := '{}';
BEGIN
  FOR v_name IN SELECT s.name FROM kernel.subscriptions s WHERE kernel.is_diverged(s.name) ORDER BY s.name LOOP
    -- In the order of a rebuild and a restart. A later statement looks again: one of them may have put it right meanwhile.
    PERFORM kernel.lock_checkpoints(v_name);
    PERFORM FROM kernel.subscriptions s WHERE s.name = v_name FOR UPDATE;
    IF kernel.is_diverged(v_name) THEN
      UPDATE kernel.subscriptions s SET status = 'diverged' WHERE s.name = v_name;
      DELETE FROM kernel.leases l WHERE l.subscription = v_name;
      v_names := v_names || v_name;
    END IF;
  END LOOP;
  RETURN v_names;
END $$;
