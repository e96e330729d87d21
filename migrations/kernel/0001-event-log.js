// The event log: streams arbitrate versions, events are append-only, positions are given after commit by sequence().
export const up = `
CREATE TABLE kernel.streams (
  tenant    text   NOT NULL,
  stream_id text   NOT NULL,
  version   bigint NOT NULL CHECK (version >= 0),
  PRIMARY KEY (tenant, stream_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE kernel.streams IS 'The arbiter of stream versions; written before event ids are drawn.';

CREATE TABLE kernel.events (
  id             bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
  event_id       uuid        NOT NULL,
  tenant         text        NOT NULL,
  stream_id      text        NOT NULL,
  version        bigint      NOT NULL,
  name           text        NOT NULL,
  schema_version smallint    NOT NULL,
  data           jsonb       NOT NULL,
  meta           jsonb       NOT NULL,
  recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT ux_events_stream_version UNIQUE (tenant, stream_id, version)
);
COMMENT ON COLUMN kernel.events.id IS 'Ascending inside a stream; not the order of the log (commits become visible out of order).';

CREATE FUNCTION kernel.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on %.% refused: the event log is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'WB009';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON kernel.events
  FOR EACH ROW EXECUTE FUNCTION kernel.refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON kernel.events
  FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TABLE kernel.log (
  position bigint PRIMARY KEY CHECK (position > 0),
  event_id bigint NOT NULL,
  CONSTRAINT ux_log_event_id UNIQUE (event_id)
);
COMMENT ON TABLE kernel.log IS 'Dense positions of the events, given after commit; event_id is kernel.events.id.';
CREATE TRIGGER log_append_only BEFORE UPDATE OR DELETE ON kernel.log
  FOR EACH ROW EXECUTE FUNCTION kernel.refuse_change();
CREATE TRIGGER log_no_truncate BEFORE TRUNCATE ON kernel.log
  FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TABLE kernel.log_state (
  only_row    boolean  PRIMARY KEY DEFAULT true CHECK (only_row),
  head        bigint   NOT NULL DEFAULT 0,
  highest_id  bigint   NOT NULL DEFAULT 0,
  gap_from    bigint[] NOT NULL DEFAULT '{}',
  gap_to      bigint[] NOT NULL DEFAULT '{}',
  gap_bounds  xid8[]   NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN kernel.log_state.gap_from IS 'First ids of the ranges below highest_id that were not visible yet: commits under way, or rollbacks.';
COMMENT ON COLUMN kernel.log_state.gap_to IS 'Last ids of those ranges, in the same order.';
COMMENT ON COLUMN kernel.log_state.gap_bounds IS 'In the same order: above the xid of whoever may still hold an id of the range.';
INSERT INTO kernel.log_state DEFAULT VALUES;

CREATE TABLE kernel.epochs (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch      uuid        NOT NULL UNIQUE,
  identity   text        NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason     text        NOT NULL
);
COMMENT ON TABLE kernel.epochs IS 'The row with the highest id is the log''s epoch; a restored or failed-over log gets a new one.';
COMMENT ON COLUMN kernel.epochs.identity IS 'System identifier, timeline, database oid and oid of kernel.events, with slashes between: another one is another log.';

-- Gives positions to committed events. Anyone who wants to read may call it, in autocommit and READ COMMITTED.
-- Why the order holds: within a stream, and for a command begun after another was acknowledged, the later event has
-- the higher id and can't be visible without the earlier one; late ids come first, fresh ids after, both by id.
-- p_wait false: returns at once, with assigned NULL, while another session gives positions.
-- head_event is the uuid of the event at the head: a reader that knows another one there has followed another log.
CREATE FUNCTION kernel.sequence(p_max int DEFAULT 500, p_wait boolean DEFAULT true)
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
COMMENT ON FUNCTION kernel.sequence(int, boolean) IS 'Gives dense positions to committed events; returns the head, its event, the epoch, and how many were assigned.';

-- Begins an epoch, and stops every subscription that has seen what this log doesn't hold. The lock lets replicas that find the
-- same failover at once agree: whoever comes second finds the epoch of the first.
-- p_known: begin one also where the identity is still the same, as after a snapshot of the data folder was restored, as long as
-- the epoch is still this one.
CREATE FUNCTION kernel.begin_epoch(p_epoch uuid, p_identity text, p_reason text, p_known uuid)
RETURNS TABLE (epoch uuid, is_new boolean, diverged text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  LOCK TABLE kernel.epochs IN SHARE ROW EXCLUSIVE MODE;
  SELECT e.epoch INTO epoch FROM (SELECT c.epoch, c.identity FROM kernel.epochs c ORDER BY c.id DESC LIMIT 1) AS e
   WHERE e.identity = p_identity AND e.epoch IS DISTINCT FROM p_known;
  is_new := NOT FOUND;
  IF is_new THEN
    INSERT INTO kernel.epochs (epoch, identity, reason) VALUES (p_epoch, p_identity, p_reason);
    epoch := p_epoch;
  END IF;
  diverged := kernel.mark_diverged();
  RETURN NEXT;
END $$;
`;
