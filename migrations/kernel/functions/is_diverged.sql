-- version 1
-- Whether a checkpoint names an event that this log doesn't hold at its position: the subscription has seen another log.
-- Called by mark_diverged.

CREATE OR REPLACE FUNCTION kernel.is_diverged(p_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM kernel.checkpoints c
                  WHERE c.subscription = p_name AND c.position > 0
                    AND NOT EXISTS (SELECT FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                                     WHERE l.position = c.position AND e.event_id = c.event_id))
$$;
