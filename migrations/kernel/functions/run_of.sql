-- version 1
-- What a release must announce of a subscription to get leases of it: name, version, and a hash of the events' names.
-- Called by fair_shares, register_events and take_over; src/kernel/subscriptions/run-of.ts computes the same.

CREATE OR REPLACE FUNCTION kernel.run_of(p_name text, p_version int, p_events text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p_name || '@' || p_version || '#' || md5(array_to_string(p_events, ','))
$$;
