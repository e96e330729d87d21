// What operators look things up by, and the one figure that only the owner may read.
export const up = `
CREATE INDEX ix_events_correlation_id ON kernel.events ((meta->>'correlationId'));
COMMENT ON INDEX kernel.ix_events_correlation_id IS 'The causation tree: everything that one wish has led to.';

-- An event's id holds the time it was made at. This index costs next to nothing and narrows the search to that time.
CREATE INDEX ix_events_recorded_at ON kernel.events USING brin (recorded_at);

CREATE INDEX ix_idempotency_system_command ON kernel.idempotency (command_id) WHERE kind = 'system';

-- The oldest transaction of the whole cluster: it keeps gaps of the log from being forgotten, and vacuum from its work.
-- Other roles' sessions are seen only by who may read all statistics: sees_all says whether the owner may.
CREATE FUNCTION kernel.oldest_transaction() RETURNS TABLE (age_s float8, sees_all boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT coalesce(extract(epoch FROM clock_timestamp() - least(
           (SELECT min(a.xact_start) FROM pg_stat_activity a
             WHERE a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
               AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)),
           (SELECT min(p.prepared) FROM pg_prepared_xacts p))), 0)::float8,
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
$$;
COMMENT ON FUNCTION kernel.oldest_transaction() IS 'Seconds since the oldest open or prepared transaction began; 0 if there is none.';

-- As in 0004, and: an event that its owner would queue behind one that an operator has discarded meanwhile has nobody in
-- front of it any more. It is blocked and due at once instead, because nobody would ever try a queued one.
CREATE OR REPLACE FUNCTION kernel.advance(p jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  x jsonb;
BEGIN
  FOR x IN SELECT e.value FROM jsonb_array_elements(p->'partitions') AS e LOOP
    UPDATE kernel.checkpoints c
       SET position = (p->>'position')::bigint, event_id = (p->>'eventId')::bigint, updated_at = clock_timestamp()
     WHERE c.subscription = p->>'subscription' AND c.generation = (p->>'generation')::int
       AND c.partition = (x->>'partition')::smallint AND c.position = (x->>'from')::bigint AND c.fence = (x->>'fence')::bigint;
    IF NOT FOUND THEN
      RAISE EXCEPTION '% partition % has another owner', p->>'subscription', x->>'partition' USING ERRCODE = 'WB004';
    END IF;
  END LOOP;
  IF jsonb_array_length(p->'held') > 0 THEN
    INSERT INTO kernel.held_events (subscription, generation, key, position, partition, event_id, state, attempts, error, next_try_at)
    SELECT p->>'subscription', (p->>'generation')::int, h.key, h.position, h.partition, h."eventId",
           CASE WHEN h.is_orphan THEN 'blocked' ELSE h.state END, h.attempts, h.error,
           CASE WHEN h.is_orphan THEN clock_timestamp() ELSE clock_timestamp() + h."tryInMs" * interval '1 millisecond' END
      FROM (SELECT r.*, r.state = 'queued' AND row_number() OVER (PARTITION BY r.key ORDER BY r.position) = 1
                   AND NOT EXISTS (SELECT FROM kernel.held_events b
                                    WHERE b.subscription = p->>'subscription' AND b.generation = (p->>'generation')::int
                                      AND b.key = r.key AND b.position < r.position) AS is_orphan
              FROM jsonb_to_recordset(p->'held') AS r (key text, position bigint, "eventId" bigint, partition smallint, state text,
                                                       attempts int, error text, "tryInMs" float8)) AS h
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN true;
END $$;
`;
