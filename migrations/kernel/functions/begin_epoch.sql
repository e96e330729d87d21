-- version 1
-- Begins an epoch, and stops every subscription that has seen events which this log doesn't hold.
-- Called by src/kernel/event-log/sql/current-epoch.ts when the identity of the log has changed: a failover, a restore. The lock lets
-- replicas that find the same failover at once agree: the second one finds the epoch of the first.
-- p_known: begin one also where the identity is still the same, as after a snapshot of the data folder was restored, as long as
-- the epoch is still this one.

CREATE OR REPLACE FUNCTION kernel.begin_epoch(p_epoch uuid, p_identity text, p_reason text, p_known uuid)
RETURNS TABLE (epoch uuid, is_new boolean, diverged text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  LOCK TABLE kernel.epochs IN SHARE ROW EXCLUSIVE MODE;
  SELECT e.epoch INTO epoch FROM (SELECT c.epoch, c.identity FROM kernel.epochs c ORDER BY c.id DESC LIMIT 1) AS e
   WHERE e.identity = p_identity AND e.epoch IS DISTINCT FROM p_known;
  is_new := NOT FOUND;
  IF is_new THEN
    INSERT INTO kernel.epochs (epoch, identity, reason) VALUES (p_epoch, p_identity, p_reason);
    epoch := p_epoch;
  END IF;
  diverged := kernel.mark_diverged();
  RETURN NEXT;
END $$;
