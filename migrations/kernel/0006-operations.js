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
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(extract(epoch FROM clock_timestamp() - least(
           (SELECT min(a.xact_start) FROM pg_stat_activity a
             WHERE a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
               AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)),
           (SELECT min(p.prepared) FROM pg_prepared_xacts p))), 0)::float8,
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
$$;
COMMENT ON FUNCTION kernel.oldest_transaction() IS 'Seconds since the oldest open or prepared transaction began; 0 if there is none.';
`;
