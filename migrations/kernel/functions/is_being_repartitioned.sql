-- version 1
-- Whether a repartition of the subscription runs. It holds an advisory lock from before it sets the barrier until it has removed it.
-- Called by src/kernel/subscriptions/sql/repartition-lock.ts and the operators' reports. The lock is read in pg_locks, not taken: a
-- report must not turn a repartition away. pg_locks shows a bigint key in two halves.

CREATE OR REPLACE FUNCTION kernel.is_being_repartitioned(p_name text) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_locks l
                  WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                    AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('waybill.repartition:' || p_name, 0))
$$;
