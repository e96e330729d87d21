-- version 1
-- Gives dense positions to committed events; returns the head, its event, the epoch, and how many positions were given.
-- Called by src/kernel/event-log/sql/sequence.ts: whoever wants to read the log calls it first, in autocommit and READ COMMITTED.
-- Why the order holds: within a stream, and for a command begun after another was acknowledged, the later event has
-- the higher id and can't be visible without the earlier one; late ids come first, fresh ids after, both by id.
-- p_wait false: returns at once, with assigned NULL, while another session gives positions.
-- head_event is the uuid of the event at the head: a reader that knows another one there has followed another log.

CREATE OR REPLACE FUNCTION kernel.sequence(p_max int DEFAULT 500, p_wait boolean DEFAULT true)
RETURNS TABLE (head bigint, head_event uuid, epoch uuid, assigned int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_state kernel.log_state;
  v_xmin  xid8;
  v_late  bigint[];
  v_fresh bigint[];
  v_next  bigint[];
  v_top   bigint;
  v_bound xid8;
BEGIN
  SELECT e.epoch INTO epoch FROM kernel.epochs e ORDER BY e.id DESC LIMIT 1;
  IF p_wait THEN
    PERFORM pg_advisory_xact_lock(7735918240173645);
    assigned := 0;
  ELSIF pg_try_advisory_xact_lock(7735918240173645) THEN
    assigned := 0;
  END IF;
  -- A later statement: under READ COMMITTED it sees what the previous holder of the lock committed.
  SELECT * INTO v_state FROM kernel.log_state;
  head := v_state.head;

  IF assigned = 0 THEN
    -- One snapshot for all three: a gap is forgotten only by an xmin taken together with the look for its events.
    SELECT pg_snapshot_xmin(pg_current_snapshot()),
           CASE WHEN v_state.gap_from = '{}' THEN '{}' ELSE
             ARRAY(SELECT e.id FROM unnest(v_state.gap_from, v_state.gap_to) AS g (lo, hi)
                     CROSS JOIN LATERAL (SELECT i.id FROM kernel.events i WHERE i.id BETWEEN g.lo AND g.hi ORDER BY i.id LIMIT p_max) AS e
                    ORDER BY e.id LIMIT p_max) END,
           ARRAY(SELECT e.id FROM kernel.events e WHERE e.id > v_state.highest_id ORDER BY e.id LIMIT p_max)
      INTO v_xmin, v_late, v_fresh;
    -- There may be more late ids than this call takes. They come before fresh ones, so those wait, and no gap is forgotten.
    IF cardinality(v_late) >= p_max THEN
      v_fresh := '{}';
      v_xmin := '0';
    END IF;
    v_next := v_late || v_fresh;
    assigned := cardinality(v_next);
  END IF;

  IF coalesce(assigned, 0) > 0 THEN
    -- Drawn after that snapshot: above the xid of everyone who holds an id below the top one, because every writer has
    -- its xid before it draws event ids.
    v_bound := pg_current_xact_id();
    v_top := coalesce(v_fresh[array_upper(v_fresh, 1)], v_state.highest_id);

    INSERT INTO kernel.log (position, event_id)
    SELECT v_state.head + n.ord, n.id FROM unnest(v_next) WITH ORDINALITY AS n (id, ord);

    UPDATE kernel.log_state s
       SET head = v_state.head + cardinality(v_next),
           highest_id = v_top,
           gap_from = g.lows,
           gap_to = g.highs,
           gap_bounds = g.bounds
      FROM (SELECT coalesce(array_agg(o.lo ORDER BY o.lo), '{}') AS lows,
                   coalesce(array_agg(o.hi ORDER BY o.lo), '{}') AS highs,
                   coalesce(array_agg(o.bound ORDER BY o.lo), '{}') AS bounds
              -- What is left of the known ranges between the late ids, but for those that were rolled back.
              FROM (SELECT part.lo, part.hi, old.bound
                      FROM unnest(v_state.gap_from, v_state.gap_to, v_state.gap_bounds) AS old (lo, hi, bound)
                           CROSS JOIN LATERAL
                           (SELECT coalesce(lag(cut.id) OVER (ORDER BY cut.id), old.lo - 1) + 1 AS lo, cut.id - 1 AS hi
                              FROM (SELECT l.id FROM unnest(v_late) AS l (id) WHERE l.id BETWEEN old.lo AND old.hi
                                    UNION ALL SELECT old.hi + 1) AS cut (id)) AS part
                     WHERE old.bound >= v_xmin
                    UNION ALL
                    SELECT coalesce(lag(f.id) OVER (ORDER BY f.id), v_state.highest_id) + 1, f.id - 1, v_bound
                      FROM unnest(v_fresh) AS f (id)
                     WHERE cardinality(v_fresh) <> v_top - v_state.highest_id) AS o (lo, hi, bound)
             WHERE o.lo <= o.hi) AS g;

    head := v_state.head + cardinality(v_next);
  END IF;

  SELECT e.event_id INTO head_event FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = head;
  RETURN NEXT;
END $$;
