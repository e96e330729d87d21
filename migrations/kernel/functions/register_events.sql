-- version 1
-- Registers the events that a release subscribes: from then on only releases that subscribe the same get leases, since
-- another one would pass over events that it knows and doesn't take. The raised fences end the batches that others have under way.
-- Called by src/kernel/subscriptions/sql/subscription-status.ts at the start and at each renewal. Returns whether the release may run the
-- subscription.
-- While a replica lives that knows the registered events, a release whose events are among them steps back (a rolling deploy).
-- One whose events are not all among them replaces them at its start. At a renewal (p_renewing is its replica; null at a start)
-- it does so only if its own contain them: two releases of which neither contains the other would replace each other's at each
-- renewal, and each would pass over the other's events. Once no such replica lives (a rollback), any release registers its own.
-- After an outage every replica looks dead to the first one that renews. So one that has missed a renewal takes the replicas
-- of the registered events for alive until it has renewed for a whole lease again: by then they have renewed too. Half a lease
-- is the longest silence that counts as none: a replica seen up to a third of a lease before it still counts as alive.
-- Lock order: checkpoints by partition, then the subscription. What decides is read in later statements than the locks.

CREATE OR REPLACE FUNCTION kernel.register_events(p_name text, p_version int, p_events text[], p_has_own_keys boolean, p_lease interval,
  p_renewing text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_known       kernel.subscriptions;
  v_sees_all    boolean;
  v_is_in_use   boolean;
  v_may_replace boolean;
BEGIN
  PERFORM kernel.lock_checkpoints(p_name);
  PERFORM FROM kernel.subscriptions s WHERE s.name = p_name FOR UPDATE;
  SELECT * INTO v_known FROM kernel.subscriptions s WHERE s.name = p_name;
  IF v_known.version <> p_version THEN
    RETURN false;
  END IF;
  IF v_known.registered = p_events AND (v_known.has_own_keys OR NOT p_has_own_keys) AND v_known.events @> p_events THEN
    RETURN true;
  END IF;
  v_sees_all := p_renewing IS NULL OR EXISTS
    (SELECT FROM kernel.replicas r
      WHERE r.replica = p_renewing AND kernel.counts_until(r.seen_at + p_lease / 2, p_lease / 2)
        AND (r.gap_ended_at IS NULL OR NOT kernel.counts_until(r.gap_ended_at + p_lease, p_lease)));
  v_is_in_use := NOT v_sees_all OR EXISTS
    (SELECT FROM kernel.replicas r
      WHERE kernel.counts_until(r.seen_at + p_lease, p_lease * 2)
        AND kernel.run_of(p_name, p_version, v_known.registered) = ANY (r.knows));
  v_may_replace := NOT v_known.registered @> p_events AND (p_renewing IS NULL OR p_events @> v_known.registered);
  IF v_known.registered <> p_events AND v_is_in_use AND NOT v_may_replace THEN
    RETURN false;
  END IF;
  UPDATE kernel.subscriptions s
     SET registered = p_events, has_own_keys = s.has_own_keys OR p_has_own_keys,
         events = ARRAY(SELECT DISTINCT n FROM unnest(s.events || p_events) AS n ORDER BY n)
   WHERE s.name = p_name;
  UPDATE kernel.checkpoints c SET fence = c.fence + 1 WHERE c.subscription = p_name;
  DELETE FROM kernel.leases l WHERE l.subscription = p_name;
  RETURN true;
END $$;
