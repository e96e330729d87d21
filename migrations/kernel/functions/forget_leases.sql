-- version 1
-- Ends every lease of a subscription: its partitions have changed, and new owners must read them anew.
-- Called by a repartition and a restart (src/kernel/subscriptions/sql).

CREATE OR REPLACE FUNCTION kernel.forget_leases(p_subscription text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM kernel.leases WHERE subscription = p_subscription;
$$;
