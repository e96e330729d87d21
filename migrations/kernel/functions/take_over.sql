-- version 5
-- Raises the fences of partitions beside their effects: from here on no earlier owner can commit.
-- Called by src/kernel/subscriptions/sql/take-over.ts for the leases that a replica has got. The checkpoints are locked
-- first; version, layout, status and leases are read in later statements, because a statement that waits for a lock and
-- reads in one sees the old snapshot of all but the locked row. A partition is given only to the replica that its lease belongs to.
-- p_leases: [{ partition, token }]. The layout is returned whatever is given. Leases that give nothing, because the subscription is
-- paused or another release's, are given back: kept, they would be renewed for ever by a replica that works on nothing. The
-- replica gets others, with new tokens, as soon as it may.

CREATE OR REPLACE FUNCTION kernel.take_over(p_name text, p_version int, p_run text, p_replica text, p_leases jsonb)
RETURNS TABLE (layout jsonb, taken jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_known kernel.subscriptions;
BEGIN
  PERFORM kernel.lock_checkpoints(p_name);
  -- A subscription that has no checkpoints: then this lock alone keeps a rebuild waiting.
  PERFORM FROM kernel.subscriptions s WHERE s.name = p_name FOR SHARE;
  SELECT * INTO v_known FROM kernel.subscriptions s WHERE s.name = p_name;
  layout := jsonb_build_object('partitions', v_known.partitions, 'events', v_known.events, 'hasOwnKeys', v_known.has_own_keys,
    'former', (SELECT coalesce(jsonb_agg(g.positions), '[]')
                 FROM (SELECT jsonb_agg(f.position ORDER BY f.partition) AS positions FROM kernel.former_checkpoints f
                        WHERE f.subscription = p_name GROUP BY f.partitions) AS g));
  taken := '[]';
  IF v_known.version = p_version AND v_known.status = 'running' AND v_known.paused_at IS NULL
     AND kernel.run_of(p_name, p_version, v_known.registered) = p_run THEN
    WITH raised AS (
      UPDATE kernel.checkpoints c SET fence = greatest(c.fence + 1, w.token)
        FROM jsonb_to_recordset(p_leases) AS w (partition smallint, token bigint)
        JOIN kernel.leases l ON l.subscription = p_name AND l.partition = w.partition AND l.owner = p_replica AND l.token = w.token
       WHERE c.subscription = p_name AND c.partition = w.partition AND w.partition < v_known.partitions
      RETURNING c.partition, c.position, c.event_id, c.fence, w.token)
    SELECT coalesce(jsonb_agg(jsonb_build_object('partition', r.partition, 'position', r.position,
             'eventId', r.event_id, 'fence', r.fence, 'token', r.token) ORDER BY r.partition), '[]') INTO taken FROM raised r;
  END IF;
  DELETE FROM kernel.leases l USING jsonb_to_recordset(p_leases) AS w (partition smallint, token bigint)
   WHERE l.subscription = p_name AND l.partition = w.partition AND l.owner = p_replica AND l.token = w.token
     AND NOT EXISTS (SELECT FROM jsonb_to_recordset(taken) AS t (token bigint) WHERE t.token = w.token);
  RETURN NEXT;
END $$;
