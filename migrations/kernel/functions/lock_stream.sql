-- version 1
-- Takes the row lock of a stream for the rest of the transaction.
-- Called by src/kernel/event-log/sql/lock-stream.ts, from the third try of a conflicting command on. A function, because FOR UPDATE needs
-- a privilege that would let a role change versions by itself.

CREATE OR REPLACE FUNCTION kernel.lock_stream(p_tenant text, p_stream text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT FROM kernel.streams WHERE tenant = p_tenant AND stream_id = p_stream FOR UPDATE
$$;
