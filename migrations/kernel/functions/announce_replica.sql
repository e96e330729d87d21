-- version 1
-- Makes a starting replica known before it registers its events. Otherwise another release that renews between the registration
-- and this replica's first renewal would find no replica that knows the registered events, and register its own.
-- Called by src/kernel/subscriptions/sql/leases.ts at the start.

CREATE OR REPLACE FUNCTION kernel.announce_replica(p_replica text, p_knows text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO kernel.replicas (replica, seen_at, runs, knows) VALUES (p_replica, clock_timestamp(), '{}', p_knows)
  ON CONFLICT (replica) DO UPDATE SET seen_at = excluded.seen_at, knows = excluded.knows
$$;
