-- version 1
-- Ends the hold of one event, in the transaction of its effects, and lets the next one of its key be tried.
-- Called by src/kernel/subscriptions/failed-events.ts.
-- Only a try with the data as they are now counts. Raises WB004 for another owner of the partition, WB006 when the event was
-- edited, discarded or settled meanwhile, or when the log blocks another event there.
-- p: { subscription, key, position, eventId, partition, fence, revision }

CREATE OR REPLACE FUNCTION kernel.settle_failed_event(p jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM kernel.checkpoints c
    WHERE c.subscription = p->>'subscription' AND c.partition = (p->>'partition')::smallint AND c.fence = (p->>'fence')::bigint FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% partition % has another owner', p->>'subscription', p->>'partition' USING ERRCODE = 'WB004';
  END IF;
  DELETE FROM kernel.failed_events h USING kernel.log l JOIN kernel.events e ON e.id = l.event_id
   WHERE h.subscription = p->>'subscription'
     AND h.key = p->>'key' AND h.position = (p->>'position')::bigint
     AND h.revision = coalesce((p->>'revision')::int, h.revision)
     AND l.position = h.position AND l.event_id = h.event_id AND e.event_id = (p->>'eventId')::uuid;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the event is no longer stored as it was tried' USING ERRCODE = 'WB006';
  END IF;
  UPDATE kernel.failed_events h SET state = 'retrying', next_try_at = clock_timestamp()
   WHERE h.subscription = p->>'subscription' AND h.key = p->>'key' AND h.state = 'waiting'
     AND h.position = (SELECT min(n.position) FROM kernel.failed_events n
       WHERE n.subscription = h.subscription AND n.key = h.key);
  RETURN true;
END $$;
