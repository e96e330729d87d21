-- version 1
-- Seconds since the oldest open or prepared transaction of the whole cluster began; 0 if there is none.
-- Called by the operators' reports: such a transaction keeps gaps of the log from being forgotten, and vacuum from its work. A function,
-- because other roles' sessions are seen only by a role that may read all statistics: sees_all says whether the owner may.

CREATE OR REPLACE FUNCTION kernel.oldest_transaction() RETURNS TABLE (age_s float8, sees_all boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(extract(epoch FROM clock_timestamp() - least(
           (SELECT min(a.xact_start) FROM pg_stat_activity a
             WHERE a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
               AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)),
           (SELECT min(p.prepared) FROM pg_prepared_xacts p))), 0)::float8,
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
$$;
