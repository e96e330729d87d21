// Events that the running release can't read hold back exactly what they may touch, and edits of a held event win over a
// try that is under way.
export const up = `
ALTER TABLE kernel.subscriptions
  ADD COLUMN events       text[]  NOT NULL DEFAULT '{}',
  ADD COLUMN has_own_keys boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN kernel.subscriptions.events IS 'Names of the events that any release has subscribed: one that an older release doesn''t know is held there, not passed over.';
COMMENT ON COLUMN kernel.subscriptions.has_own_keys IS 'A release computes the keys of its rows by code: they can''t be told from the data of an event that isn''t known.';

ALTER TABLE kernel.held_events
  ADD COLUMN holds         text    NOT NULL DEFAULT 'key' CHECK (holds IN ('key', 'partition')),
  ADD COLUMN is_unreadable boolean NOT NULL DEFAULT false,
  ADD COLUMN revision      int     NOT NULL DEFAULT 0;
COMMENT ON COLUMN kernel.held_events.holds IS 'key: later events of the key are queued behind. partition: the event may touch any row, and the checkpoint stands before it.';
COMMENT ON COLUMN kernel.held_events.is_unreadable IS 'The release that held it could not read it; one that can tries it by itself.';
COMMENT ON COLUMN kernel.held_events.revision IS 'Counts edits and retries by operators: a try that began before must not count.';
CREATE INDEX ix_held_events_event_id ON kernel.held_events (event_id);
CREATE INDEX ix_held_events_unreadable ON kernel.held_events (subscription, partition) WHERE is_unreadable;

-- As in 0006, and: held events say whether they could be read; and all checkpoints of a batch move in one statement, since a
-- view has eight, and a busy log some fifty batches a second.
-- held: [{ key, position, eventId, partition, state, attempts, error, tryInMs, isUnreadable }]
CREATE OR REPLACE FUNCTION kernel.advance(p jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  v_moved int;
BEGIN
  UPDATE kernel.checkpoints c
     SET position = (p->>'position')::bigint, event_id = (p->>'eventId')::bigint, updated_at = clock_timestamp()
    FROM jsonb_to_recordset(p->'partitions') AS x (partition smallint, "from" bigint, fence bigint)
   WHERE c.subscription = p->>'subscription' AND c.generation = (p->>'generation')::int
     AND c.partition = x.partition AND c.position = x."from" AND c.fence = x.fence;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  IF v_moved < jsonb_array_length(p->'partitions') THEN
    RAISE EXCEPTION 'a partition of % has another owner', p->>'subscription' USING ERRCODE = 'WB004';
  END IF;
  IF jsonb_array_length(p->'held') > 0 THEN
    INSERT INTO kernel.held_events
      (subscription, generation, key, position, partition, event_id, state, attempts, error, next_try_at, is_unreadable)
    SELECT p->>'subscription', (p->>'generation')::int, h.key, h.position, h.partition, h."eventId",
           CASE WHEN h.is_orphan THEN 'blocked' ELSE h.state END, h.attempts, h.error,
           CASE WHEN h.is_orphan THEN clock_timestamp() ELSE clock_timestamp() + h."tryInMs" * interval '1 millisecond' END,
           coalesce(h."isUnreadable", false)
      FROM (SELECT r.*, r.state = 'queued' AND row_number() OVER (PARTITION BY r.key ORDER BY r.position) = 1
                   AND NOT EXISTS (SELECT FROM kernel.held_events b
                                    WHERE b.subscription = p->>'subscription' AND b.generation = (p->>'generation')::int
                                      AND b.key = r.key AND b.position < r.position) AS is_orphan
              FROM jsonb_to_recordset(p->'held') AS r (key text, position bigint, "eventId" bigint, partition smallint, state text,
                                                       attempts int, error text, "tryInMs" float8, "isUnreadable" boolean)) AS h
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN true;
END $$;

-- As in 0004, and: only a try with the data as they are now counts. Raises WB004 for another owner of the partition,
-- WB006 when the event was edited, discarded or settled meanwhile.
-- p: { subscription, generation, key, position, partition, fence, revision }
CREATE OR REPLACE FUNCTION kernel.settle_held(p jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM FROM kernel.checkpoints c
    WHERE c.subscription = p->>'subscription' AND c.generation = (p->>'generation')::int
      AND c.partition = (p->>'partition')::smallint AND c.fence = (p->>'fence')::bigint FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% partition % has another owner', p->>'subscription', p->>'partition' USING ERRCODE = 'WB004';
  END IF;
  DELETE FROM kernel.held_events h
   WHERE h.subscription = p->>'subscription' AND h.generation = (p->>'generation')::int
     AND h.key = p->>'key' AND h.position = (p->>'position')::bigint
     AND h.revision = coalesce((p->>'revision')::int, h.revision);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the event is no longer held as it was tried' USING ERRCODE = 'WB006';
  END IF;
  UPDATE kernel.held_events h SET state = 'blocked', next_try_at = clock_timestamp()
   WHERE h.subscription = p->>'subscription' AND h.generation = (p->>'generation')::int AND h.key = p->>'key' AND h.state = 'queued'
     AND h.position = (SELECT min(n.position) FROM kernel.held_events n
       WHERE n.subscription = h.subscription AND n.generation = h.generation AND n.key = h.key);
  RETURN true;
END $$;
`;
