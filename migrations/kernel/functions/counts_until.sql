-- version 1
-- Whether a time that was set by the database's clock still counts. One later than now + the lease was set before the clock was
-- put back: it would count for as long as the clock was wrong.
-- Called by keep_leases, register_events and src/kernel/projections/sql/rebuild.ts.

CREATE OR REPLACE FUNCTION kernel.counts_until(p_time timestamptz, p_lease interval) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p_time > clock_timestamp() AND p_time <= clock_timestamp() + p_lease
$$;
