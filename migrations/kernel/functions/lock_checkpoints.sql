-- version 1
-- Locks all checkpoints of a subscription by partition.
-- Called by src/kernel/subscriptions/sql/lock-checkpoints.ts, register_events, take_over and mark_diverged. Everybody who locks more than
-- one checkpoint goes through it: a repartition deletes the rows and inserts others, and a session that waits for a deleted row by
-- SELECT ... FOR UPDATE alone gets no row, hence no lock, and no error. So a later statement counts the rows that there are. A row
-- that is locked stays: where as many are locked as there are, they are the same.
-- Runs with the caller's rights, which may write the table.

CREATE OR REPLACE FUNCTION kernel.lock_checkpoints(p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_locked bigint;
BEGIN
  LOOP
    PERFORM FROM kernel.checkpoints c WHERE c.subscription = p_name ORDER BY c.partition FOR UPDATE;
    GET DIAGNOSTICS v_locked = ROW_COUNT;
    EXIT WHEN v_locked = (SELECT count(*) FROM kernel.checkpoints c WHERE c.subscription = p_name);
  END LOOP;
END $$;
