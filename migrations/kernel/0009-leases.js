// Who works on which partitions: what releases subscribe, leases by fair share, and taking over.
export const up = `
-- What a release's code must say of a subscription to get leases of it.
CREATE FUNCTION kernel.run_of(p_name text, p_version int, p_events text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p_name || '@' || p_version || '#' || md5(array_to_string(p_events, ','))
$$;

-- Does a time that was set by the database's clock still count? One later than now + the lease was set before the clock was
-- put back: it would count for as long as the clock was wrong.
CREATE FUNCTION kernel.counts_until(p_time timestamptz, p_lease interval) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p_time > clock_timestamp() AND p_time <= clock_timestamp() + p_lease
$$;

-- Makes a starting replica known before it registers its events. Otherwise another release that renews between the registration
-- and this replica's first renewal would find no replica that knows the registered events, and register its own.
CREATE FUNCTION kernel.announce_replica(p_replica text, p_knows text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO kernel.replicas (replica, seen_at, runs, knows) VALUES (p_replica, clock_timestamp(), '{}', p_knows)
  ON CONFLICT (replica) DO UPDATE SET seen_at = excluded.seen_at, knows = excluded.knows
$$;

-- Says that a replica lives, renews its leases, gives up what is above its fair share and takes what is free, for all its
-- subscriptions at once. Fair share = ceil(partitions / live replicas that run the same of it). A subscription whose view
-- another version fills, or whose registered events are others, is nothing for this replica. Returns what it owns.
-- No lock is held over all replicas: a lease is taken by the row, and only if it has ended by then; whoever comes second
-- takes another one in the next round. Database clock throughout.
CREATE FUNCTION kernel.keep_leases(p_replica text, p_runs text[], p_knows text[], p_lease interval)
RETURNS TABLE (subscription text, partition smallint, token bigint, partitions smallint, barrier bigint)
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

  RETURN QUERY SELECT l.subscription, l.partition, l.token, u.partitions, u.barrier
    FROM kernel.leases l JOIN kernel.subscriptions u ON u.name = l.subscription
   WHERE l.owner = p_replica;
END $$;

-- What each replica with these runs may hold of each running subscription that it runs as it is registered.
CREATE FUNCTION kernel.fair_shares(p_runs text[])
RETURNS TABLE (subscription text, partitions smallint, share int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH alike AS (SELECT r.runs, count(*) AS replicas FROM kernel.replicas r GROUP BY r.runs),
       runners AS (SELECT a.run, sum(l.replicas)::int AS live FROM alike l CROSS JOIN LATERAL unnest(l.runs) AS a (run) GROUP BY a.run)
  SELECT u.name, u.partitions, (u.partitions + n.live - 1) / n.live
    FROM kernel.subscriptions u JOIN runners n ON n.run = kernel.run_of(u.name, u.version, u.registered)
   WHERE u.status = 'running' AND u.kind <> 'inline' AND n.run = ANY (p_runs)
$$;

-- Registers the events that a release subscribes: from then on only releases that subscribe the same get leases, since
-- another one would pass over events that it knows and doesn't take. The raised fences end what others have under way.
-- While a replica lives that knows the registered events, a release whose events are among them steps back (a rolling deploy).
-- One whose events are not all among them replaces them at its start. At a renewal (p_renewing is its replica; null at a start)
-- it does so only if its own contain them: two releases of which neither contains the other would replace each other's at each
-- renewal, and each would pass over the other's events. Once no such replica lives (a rollback), any release registers its own.
-- After an outage every replica looks dead to the first one that renews. So one that has missed a renewal takes the replicas
-- of the registered events for alive until it has renewed for a whole lease again: by then they have renewed too. Half a lease
-- is the longest silence that counts as none: a replica seen up to a third of a lease before it still counts as alive.
-- Lock order: checkpoints by partition, then the subscription. What decides is read in later statements than the locks.
-- Returns whether the release may run the subscription.
CREATE FUNCTION kernel.register_events(p_name text, p_version int, p_events text[], p_has_own_keys boolean, p_lease interval,
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

-- Raises the fences of partitions beside their effects: from here on no earlier owner can commit. The checkpoints are locked
-- first; version, layout, status and leases are read in later statements, because a statement that waits for a lock and
-- reads in one sees the old snapshot of all but the locked row. A partition is given only to whom its lease belongs.
-- p_leases: [{ partition, token }]. The layout is returned whatever is given.
CREATE FUNCTION kernel.take_over(p_name text, p_version int, p_run text, p_replica text, p_leases jsonb)
RETURNS TABLE (layout jsonb, taken jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_known kernel.subscriptions;
BEGIN
  PERFORM kernel.lock_checkpoints(p_name);
  -- A subscription that has no checkpoints: then this lock alone keeps a rebuild waiting.
  PERFORM FROM kernel.subscriptions s WHERE s.name = p_name FOR SHARE;
  SELECT * INTO v_known FROM kernel.subscriptions s WHERE s.name = p_name;
  layout := jsonb_build_object('partitions', v_known.partitions, 'barrier', v_known.barrier, 'events', v_known.events,
    'hasOwnKeys', v_known.has_own_keys);
  taken := '[]';
  IF v_known.version = p_version AND v_known.status = 'running'
     AND kernel.run_of(p_name, p_version, v_known.registered) = p_run THEN
    WITH raised AS (
      UPDATE kernel.checkpoints c SET fence = greatest(c.fence + 1, w.token)
        FROM jsonb_to_recordset(p_leases) AS w (partition smallint, token bigint)
        JOIN kernel.leases l ON l.subscription = p_name AND l.partition = w.partition AND l.owner = p_replica AND l.token = w.token
       WHERE c.subscription = p_name AND c.partition = w.partition AND w.partition < v_known.partitions
      RETURNING c.partition, c.generation, c.position, c.event_id, c.fence, w.token)
    SELECT coalesce(jsonb_agg(jsonb_build_object('partition', r.partition, 'generation', r.generation, 'position', r.position,
             'eventId', r.event_id, 'fence', r.fence, 'token', r.token) ORDER BY r.partition), '[]') INTO taken FROM raised r;
  END IF;
  RETURN NEXT;
END $$;

-- Does a checkpoint name an event that this log doesn't hold at its position? Then the subscription has seen another log.
CREATE FUNCTION kernel.is_diverged(p_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM kernel.checkpoints c
                  WHERE c.subscription = p_name AND c.position > 0
                    AND NOT EXISTS (SELECT FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                                     WHERE l.position = c.position AND e.event_id = c.event_id))
$$;

-- Stops every subscription that has diverged. Returns their names.
CREATE FUNCTION kernel.mark_diverged() RETURNS text[]
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

-- Gives a replica's leases up at once, so that others take them in less than a second.
CREATE FUNCTION kernel.release_leases(p_replica text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM kernel.leases WHERE owner = p_replica;
  DELETE FROM kernel.replicas WHERE replica = p_replica;
$$;

-- Ends every lease of a subscription: its partitions have changed, and new owners must read them anew.
CREATE FUNCTION kernel.forget_leases(p_subscription text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM kernel.leases WHERE subscription = p_subscription;
$$;
`;
