-- version 1
-- Claims due commands for a while, at most one per instance; a worker that dies with a claim loses it by the database clock.
-- Called by src/kernel/outgoing/sql/outgoing-commands.ts.

CREATE OR REPLACE FUNCTION kernel.claim_commands(p_limit int, p_claim interval)
RETURNS SETOF kernel.outgoing_commands LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE kernel.outgoing_commands o SET claimed_until = clock_timestamp() + p_claim
   WHERE o.id IN (
     SELECT q.id FROM kernel.outgoing_commands q
      WHERE q.state = 'queued' AND q.due_at <= clock_timestamp()
        AND (q.claimed_until IS NULL OR q.claimed_until <= clock_timestamp())
        AND NOT EXISTS (SELECT FROM kernel.outgoing_commands e
                         WHERE e.instance = q.instance AND e.seq < q.seq AND e.state IN ('queued', 'dead-lettered'))
      ORDER BY q.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
  RETURNING o.*;
$$;
