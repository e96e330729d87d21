-- version 1
-- Gives a replica's leases up at once, so that others take them in less than a second.
-- Called by src/kernel/subscriptions/sql/leases.ts at a stop.

CREATE OR REPLACE FUNCTION kernel.release_leases(p_replica text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM kernel.leases WHERE owner = p_replica;
  DELETE FROM kernel.replicas WHERE replica = p_replica;
$$;
