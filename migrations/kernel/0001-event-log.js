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
  gap_ids     bigint[] NOT NULL DEFAULT '{}',
  gap_bounds  xid8[]   NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN kernel.log_state.gap_ids IS 'Ids below highest_id that were not visible yet; each is a commit under way or a rollback.';
COMMENT ON COLUMN kernel.log_state.gap_bounds IS 'Same order as gap_ids: above the xid of whoever may still hold the id.';
INSERT INTO kernel.log_state DEFAULT VALUES;

CREATE TABLE kernel.epochs (
  epoch             uuid        PRIMARY KEY,
  system_identifier text        NOT NULL,
  timeline          text        NOT NULL,
  started_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason            text        NOT NULL
);
COMMENT ON TABLE kernel.epochs IS 'The latest row is the log''s epoch; a restored or failed-over log gets a new one.';

-- Gives positions to committed events. Anyone who wants to read may call it, in autocommit and READ COMMITTED.
-- Why the order holds: within a stream, and for a command begun after another was acknowledged, the later event has
-- the higher id and can't be visible without the earlier one; late ids come first, fresh ids after, both by id.
CREATE FUNCTION kernel.sequence(p_max int DEFAULT 500) RETURNS TABLE (head bigint, assigned int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
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
  PERFORM pg_advisory_xact_lock(7735918240173645);
  -- A later statement: under READ COMMITTED it sees what the previous holder of the lock committed.
  SELECT * INTO v_state FROM kernel.log_state;

  -- One snapshot for all three: a gap is forgotten only by an xmin taken together with the look for its event.
  SELECT pg_snapshot_xmin(pg_current_snapshot()),
         CASE WHEN v_state.gap_ids = '{}' THEN '{}' ELSE
           ARRAY(SELECT e.id FROM kernel.events e WHERE e.id = ANY (v_state.gap_ids) ORDER BY e.id) END,
         ARRAY(SELECT e.id FROM kernel.events e WHERE e.id > v_state.highest_id ORDER BY e.id LIMIT p_max)
    INTO v_xmin, v_late, v_fresh;

  IF v_late = '{}' AND v_fresh = '{}' THEN
    RETURN QUERY SELECT v_state.head, 0;
    RETURN;
  END IF;

  -- Drawn after that snapshot: above the xid of everyone who holds an id below the top one, because every writer has
  -- its xid before it draws event ids.
  v_bound := pg_current_xact_id();
  v_next := v_late || v_fresh;
  v_top := coalesce(v_fresh[array_upper(v_fresh, 1)], v_state.highest_id);

  INSERT INTO kernel.log (position, event_id)
  SELECT v_state.head + n.ord, n.id FROM unnest(v_next) WITH ORDINALITY AS n (id, ord);

  UPDATE kernel.log_state s
     SET head = v_state.head + cardinality(v_next),
         highest_id = v_top,
         gap_ids = g.ids,
         gap_bounds = g.bounds
    FROM (SELECT coalesce(array_agg(o.id ORDER BY o.id), '{}') AS ids,
                 coalesce(array_agg(o.bound ORDER BY o.id), '{}') AS bounds
            FROM (SELECT old.id, old.bound
                    FROM unnest(v_state.gap_ids, v_state.gap_bounds) AS old (id, bound)
                   WHERE old.id <> ALL (v_late) AND old.bound >= v_xmin
                  UNION ALL
                  SELECT missing.id, v_bound
                    FROM generate_series(v_state.highest_id + 1, v_top) AS missing (id)
                   WHERE missing.id <> ALL (v_fresh)
                     AND cardinality(v_fresh) <> v_top - v_state.highest_id) AS o) AS g;

  RETURN QUERY SELECT v_state.head + cardinality(v_next), cardinality(v_next);
END $$;
COMMENT ON FUNCTION kernel.sequence(int) IS 'Gives dense positions to committed events; returns the head and how many were assigned.';
`;
