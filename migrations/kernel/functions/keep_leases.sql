-- version 2
-- Marks a replica as alive, renews its leases, gives up those above its fair share and takes free ones, for all its
-- subscriptions at once. Returns the leases that it owns.
-- Called by src/kernel/subscriptions/sql/leases.ts three times per lease.
-- Fair share = ceil(partitions / live replicas that run the same of it). A subscription whose view
-- another version fills, or whose registered events are others, is nothing for this replica.
-- No lock is held over all replicas: a lease is taken by the row, and only if it has ended by then; whoever comes second
-- takes another one in the next round. Database clock throughout.

CREATE OR REPLACE FUNCTION kernel.keep_leases(p_replica text, p_runs text[], p_knows text[], p_lease interval)
RETURNS TABLE (subscription text, partition smallint, token bigint, partitions smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_taken int;
BEGIN
  -- A row that is missing was deleted by another replica during a gap. A replica renews three times per lease.
  INSERT INTO kernel.replicas AS r (replica, seen_at, runs, knows, gap_ended_at)
  VALUES (p_replica, clock_timestamp(), p_runs, p_knows, clock_timestamp())
  ON CONFLICT (replica) DO UPDATE SET seen_at = excluded.seen_at, runs = excluded.runs, knows = excluded.knows,
    gap_ended_at = CASE WHEN kernel.counts_until(r.seen_at + p_lease / 2, p_lease / 2) THEN r.gap_ended_at ELSE excluded.seen_at END;
  DELETE FROM kernel.replicas WHERE replica IN
    (SELECT r.replica FROM kernel.replicas r
      WHERE NOT kernel.counts_until(r.seen_at + p_lease, p_lease * 2) ORDER BY r.replica FOR UPDATE SKIP LOCKED);
  IF p_runs = '{}' THEN
    RETURN;
  END IF;

  UPDATE kernel.leases l SET expires_at = clock_timestamp() + p_lease
    FROM (SELECT m.subscription, m.partition FROM kernel.leases m WHERE m.owner = p_replica
           ORDER BY m.subscription, m.partition FOR UPDATE) AS mine
   WHERE l.subscription = mine.subscription AND l.partition = mine.partition AND l.owner = p_replica;

  -- What isn't this replica's any more, and what is above its share: the highest partitions.
  DELETE FROM kernel.leases l USING
    (SELECT o.subscription, o.partition,
            f.share IS NULL OR o.partition >= f.partitions
              OR row_number() OVER (PARTITION BY o.subscription ORDER BY o.partition) > f.share AS is_surplus
       FROM kernel.leases o LEFT JOIN kernel.fair_shares(p_runs) f ON f.subscription = o.subscription
      WHERE o.owner = p_replica) AS s
   WHERE l.subscription = s.subscription AND l.partition = s.partition AND l.owner = p_replica AND s.is_surplus;

  -- Another replica may take the same ones at the same time; then there may be more to take.
  FOR i IN 1 .. 3 LOOP
    WITH wanted AS (
      SELECT free.subscription, free.partition
        FROM (SELECT f.subscription, g.partition::smallint,
                     row_number() OVER (PARTITION BY f.subscription ORDER BY g.partition) AS n,
                     f.share - (SELECT count(*) FROM kernel.leases o WHERE o.subscription = f.subscription AND o.owner = p_replica) AS missing
                FROM kernel.fair_shares(p_runs) f, generate_series(0, f.partitions - 1) AS g (partition)
               WHERE NOT EXISTS (SELECT FROM kernel.leases t WHERE t.subscription = f.subscription AND t.partition = g.partition
                                    AND (t.owner = p_replica OR kernel.counts_until(t.expires_at, p_lease)))) AS free
       WHERE free.n <= free.missing),
    taken AS (
      INSERT INTO kernel.leases AS l (subscription, partition, owner, token, expires_at)
      SELECT w.subscription, w.partition, p_replica, nextval('kernel.lease_tokens'), clock_timestamp() + p_lease
        FROM wanted w ORDER BY w.subscription, w.partition
      ON CONFLICT (subscription, partition) DO UPDATE
         SET owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at
       WHERE NOT kernel.counts_until(l.expires_at, p_lease)
      RETURNING 1)
    SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM taken) INTO v_taken;
    EXIT WHEN v_taken = 0;
  END LOOP;

  RETURN QUERY SELECT l.subscription, l.partition, l.token, u.partitions
    FROM kernel.leases l JOIN kernel.subscriptions u ON u.name = l.subscription
   WHERE l.owner = p_replica;
END $$;
