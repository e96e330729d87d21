-- version 2
-- Whether a checkpoint, or a former one, names an event that this log doesn't hold at its position: the subscription has seen another log.
-- Called by mark_diverged.

CREATE OR REPLACE FUNCTION kernel.is_diverged(p_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM (SELECT k.position, k.event_id FROM kernel.checkpoints k WHERE k.subscription = p_name
                              UNION ALL
                              SELECT f.position, f.event_id FROM kernel.former_checkpoints f WHERE f.subscription = p_name) AS c
                  WHERE c.position > 0
                    AND NOT EXISTS (SELECT FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                                     WHERE l.position = c.position AND e.event_id = c.event_id))
$$;
