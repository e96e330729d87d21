-- version 3
-- Moves partitions' checkpoints and stores failed events, in the transaction of the effects.
-- Called by the batches of src/kernel/subscriptions and by src/kernel/projections/async-projection.ts.
-- WB004: a fence or position isn't there any more: another owner. WB010: the log blocks another event at the position, or none:
-- the events were read before a failover or a restore. Either way everything is rolled back.
-- p: { subscription, position, eventId, before, partitions: [{ partition, from, fence }],
--      failed: [{ key, position, eventId, partition, state, attempts, error, tryInMs, isUnreadable, blocks }] }
-- eventId is kernel.events.event_id of the event at the position; in failed it is kernel.events.id. before: the checkpoints come
-- to stand right before that event. An event waiting behind one that an operator has discarded meanwhile has nobody in front of
-- it any more: it is retrying and due at once instead, because nobody would ever try a waiting one.

CREATE OR REPLACE FUNCTION kernel.advance(p jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_position bigint := (p->>'position')::bigint;
  v_event    uuid   := (p->>'eventId')::uuid;
  v_moved    int;
BEGIN
  PERFORM FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = v_position AND e.event_id = v_event;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the log does not hold event % at position %', v_event, v_position USING ERRCODE = 'WB010';
  END IF;
  IF (p->>'before')::boolean THEN
    v_position := v_position - 1;
    SELECT e.event_id INTO v_event FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = v_position;
  END IF;
  UPDATE kernel.checkpoints c
     SET position = v_position, event_id = v_event, updated_at = clock_timestamp()
    FROM jsonb_to_recordset(p->'partitions') AS x (partition smallint, "from" bigint, fence bigint)
   WHERE c.subscription = p->>'subscription'
     AND c.partition = x.partition AND c.position = x."from" AND c.fence = x.fence;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  IF v_moved < jsonb_array_length(p->'partitions') THEN
    RAISE EXCEPTION 'a partition of % has another owner', p->>'subscription' USING ERRCODE = 'WB004';
  END IF;
  IF jsonb_array_length(p->'failed') > 0 THEN
    INSERT INTO kernel.failed_events
      (subscription, key, position, partition, event_id, state, attempts, error, next_try_at, is_unreadable, blocks)
    SELECT p->>'subscription', h.key, h.position, h.partition, h."eventId",
           CASE WHEN h.is_orphan THEN 'retrying' ELSE h.state END, h.attempts, h.error,
           CASE WHEN h.is_orphan THEN clock_timestamp() ELSE clock_timestamp() + h."tryInMs" * interval '1 millisecond' END,
           coalesce(h."isUnreadable", false), coalesce(h.blocks, 'key')
      FROM (SELECT r.*, r.state = 'waiting' AND row_number() OVER (PARTITION BY r.key ORDER BY r.position) = 1
                   AND NOT EXISTS (SELECT FROM kernel.failed_events b
                                    WHERE b.subscription = p->>'subscription'
                                      AND b.key = r.key AND b.position < r.position) AS is_orphan
              FROM jsonb_to_recordset(p->'failed') AS r (key text, position bigint, "eventId" bigint, partition smallint, state text,
                     attempts int, error text, "tryInMs" float8, "isUnreadable" boolean, blocks text)) AS h
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN true;
END $$;
