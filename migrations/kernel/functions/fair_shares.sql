-- version 2
-- How many partitions each replica with these runs may hold of each running subscription, unless it is paused, that it runs as it is registered.
-- Called by keep_leases.

CREATE OR REPLACE FUNCTION kernel.fair_shares(p_runs text[])
RETURNS TABLE (subscription text, partitions smallint, share int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH alike AS (SELECT r.runs, count(*) AS replicas FROM kernel.replicas r GROUP BY r.runs),
       runners AS (SELECT a.run, sum(l.replicas)::int AS live FROM alike l CROSS JOIN LATERAL unnest(l.runs) AS a (run) GROUP BY a.run)
  SELECT u.name, u.partitions, (u.partitions + n.live - 1) / n.live
    FROM kernel.subscriptions u JOIN runners n ON n.run = kernel.run_of(u.name, u.version, u.registered)
   WHERE u.status = 'running' AND u.paused_at IS NULL AND u.kind <> 'inline' AND n.run = ANY (p_runs)
$$;
