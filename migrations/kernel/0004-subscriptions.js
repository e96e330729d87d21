// Subscriptions shared by replicas: partitions, leases (liveness), fences (safety), and the events that can't take effect yet.
export const up = `
ALTER TABLE kernel.subscriptions
  ADD COLUMN partitions   smallint NOT NULL DEFAULT 1 CHECK (partitions BETWEEN 1 AND 256),
  ADD COLUMN barrier      bigint,
  ADD COLUMN events       text[]   NOT NULL DEFAULT '{}',
  ADD COLUMN has_own_keys boolean  NOT NULL DEFAULT false,
  ADD COLUMN registered   text[]   NOT NULL DEFAULT '{}';
COMMENT ON COLUMN kernel.subscriptions.barrier IS 'While partitions are split or merged: nobody goes beyond this position.';
COMMENT ON COLUMN kernel.subscriptions.events IS 'Names of the events that any release has subscribed: one that an older release doesn''t know is held there, not passed over.';
COMMENT ON COLUMN kernel.subscriptions.registered IS 'Names of the events, sorted, that a release must subscribe to get leases: another release would pass over the difference.';
COMMENT ON COLUMN kernel.subscriptions.has_own_keys IS 'A release computes the keys of its rows by code: they can''t be told from the data of an event that isn''t known.';
ALTER TABLE kernel.subscriptions DROP CONSTRAINT subscriptions_kind_check;
ALTER TABLE kernel.subscriptions ADD CHECK (kind IN ('inline', 'async', 'handler'));

CREATE TABLE kernel.replicas (
  replica      text        PRIMARY KEY,
  seen_at      timestamptz NOT NULL,
  runs         text[]      NOT NULL,
  knows        text[]      NOT NULL,
  gap_ended_at timestamptz
);
COMMENT ON TABLE kernel.replicas IS 'Processes of the application; one not seen for the length of a lease is dead.';
COMMENT ON COLUMN kernel.replicas.gap_ended_at IS 'When it renewed for the first time after missing a renewal; null while it has missed none since its start.';
COMMENT ON COLUMN kernel.replicas.knows IS 'Subscriptions of its code, as name@version#md5 of the events'' names, inline views without the hash: while releases run side by side they differ.';
COMMENT ON COLUMN kernel.replicas.runs IS 'Those of them that it works on; none in a process that only serves requests.';

CREATE TABLE kernel.leases (
  subscription text        NOT NULL,
  partition    smallint    NOT NULL,
  owner        text        NOT NULL,
  token        bigint      NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (subscription, partition)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE kernel.leases IS 'Who works on which partition. Liveness only: safety is the fence in kernel.checkpoints.';
CREATE INDEX ix_leases_owner ON kernel.leases (owner);
CREATE SEQUENCE kernel.lease_tokens AS bigint;

CREATE TABLE kernel.held_events (
  id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ux_held_events_id UNIQUE,
  subscription text        NOT NULL,
  generation   int         NOT NULL DEFAULT 1,
  key          text        NOT NULL,
  position     bigint      NOT NULL,
  partition    smallint    NOT NULL,
  event_id     bigint      NOT NULL,
  state        text        NOT NULL CHECK (state IN ('blocked', 'queued', 'parked')),
  attempts     int         NOT NULL DEFAULT 0,
  next_try_at  timestamptz,
  error        text,
  data         jsonb,
  held_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  holds         text       NOT NULL DEFAULT 'key' CHECK (holds IN ('key', 'partition')),
  is_unreadable boolean    NOT NULL DEFAULT false,
  revision      int        NOT NULL DEFAULT 0,
  PRIMARY KEY (subscription, generation, key, position)
);
CREATE INDEX ix_held_events_due ON kernel.held_events (subscription, generation, next_try_at) WHERE state = 'blocked';
COMMENT ON TABLE kernel.held_events IS 'Events that could not take effect: the first of a key is blocked (tried again) or parked (dead letter), later ones are queued behind it.';
COMMENT ON COLUMN kernel.held_events.holds IS 'key: later events of the key are queued behind. partition: the event may touch any row, and the checkpoint stands before it.';
COMMENT ON COLUMN kernel.held_events.is_unreadable IS 'The release that held it could not read it; one that can tries it by itself.';
COMMENT ON COLUMN kernel.held_events.revision IS 'Counts edits and retries by operators: a try that began before must not count.';
CREATE INDEX ix_held_events_event_id ON kernel.held_events (event_id);
CREATE INDEX ix_held_events_unreadable ON kernel.held_events (subscription, partition) WHERE is_unreadable;
COMMENT ON COLUMN kernel.held_events.data IS 'Payload as an operator has corrected it; NULL for the one in the log.';

CREATE TABLE kernel.audit (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  principal text        NOT NULL,
  action    text        NOT NULL,
  subject   text        NOT NULL,
  reason    text,
  detail    jsonb       NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE kernel.audit IS 'What operators did to the log''s readers: who, when, why.';

-- Locks all checkpoints of a subscription by partition. Everybody who locks more than one goes through it: a repartition deletes
-- the rows and inserts others, and who waits for a deleted row by SELECT ... FOR UPDATE alone gets no row, hence no lock, and no
-- error. So a later statement counts the rows that there are. A row that is locked stays: where as many are locked as there are,
-- they are the same. Runs with the caller's rights, which may write the table.
CREATE FUNCTION kernel.lock_checkpoints(p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_locked bigint;
BEGIN
  LOOP
    PERFORM FROM kernel.checkpoints c WHERE c.subscription = p_name ORDER BY c.partition FOR UPDATE;
    GET DIAGNOSTICS v_locked = ROW_COUNT;
    EXIT WHEN v_locked = (SELECT count(*) FROM kernel.checkpoints c WHERE c.subscription = p_name);
  END LOOP;
END $$;

-- Does a repartition of the subscription run? It holds an advisory lock from before it sets the barrier until it has removed it. The
-- lock is looked at, not taken: a look must not turn a repartition away. pg_locks shows a bigint key in two halves.
CREATE FUNCTION kernel.is_being_repartitioned(p_name text) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_locks l
                  WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                    AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('waybill.repartition:' || p_name, 0))
$$;

-- Moves partitions' checkpoints and holds back events, in the transaction of the effects.
-- WB004: a fence or position isn't there any more: another owner. WB010: the log holds another event at the position, or none:
-- the events were read before a failover or a restore. Either way everything is rolled back.
-- p: { subscription, generation, position, eventId, before, partitions: [{ partition, from, fence }],
--      held: [{ key, position, eventId, partition, state, attempts, error, tryInMs, isUnreadable, holds }] }
-- eventId is kernel.events.event_id of the event at the position; in held it is kernel.events.id. before: the checkpoints come
-- to stand right before that event. An event queued behind one that an operator has discarded meanwhile has nobody in front of
-- it any more: it is blocked and due at once instead, because nobody would ever try a queued one.
CREATE FUNCTION kernel.advance(p jsonb) RETURNS boolean
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
   WHERE c.subscription = p->>'subscription' AND c.generation = (p->>'generation')::int
     AND c.partition = x.partition AND c.position = x."from" AND c.fence = x.fence;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  IF v_moved < jsonb_array_length(p->'partitions') THEN
    RAISE EXCEPTION 'a partition of % has another owner', p->>'subscription' USING ERRCODE = 'WB004';
  END IF;
  IF jsonb_array_length(p->'held') > 0 THEN
    INSERT INTO kernel.held_events
      (subscription, generation, key, position, partition, event_id, state, attempts, error, next_try_at, is_unreadable, holds)
    SELECT p->>'subscription', (p->>'generation')::int, h.key, h.position, h.partition, h."eventId",
           CASE WHEN h.is_orphan THEN 'blocked' ELSE h.state END, h.attempts, h.error,
           CASE WHEN h.is_orphan THEN clock_timestamp() ELSE clock_timestamp() + h."tryInMs" * interval '1 millisecond' END,
           coalesce(h."isUnreadable", false), coalesce(h.holds, 'key')
      FROM (SELECT r.*, r.state = 'queued' AND row_number() OVER (PARTITION BY r.key ORDER BY r.position) = 1
                   AND NOT EXISTS (SELECT FROM kernel.held_events b
                                    WHERE b.subscription = p->>'subscription' AND b.generation = (p->>'generation')::int
                                      AND b.key = r.key AND b.position < r.position) AS is_orphan
              FROM jsonb_to_recordset(p->'held') AS r (key text, position bigint, "eventId" bigint, partition smallint, state text,
                     attempts int, error text, "tryInMs" float8, "isUnreadable" boolean, holds text)) AS h
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN true;
END $$;

-- Ends the hold of one event, in the transaction of its effects, and lets the next one of its key be tried.
-- Only a try with the data as they are now counts. Raises WB004 for another owner of the partition, WB006 when the event was
-- edited, discarded or settled meanwhile, or when the log holds another event there.
-- p: { subscription, generation, key, position, eventId, partition, fence, revision }
CREATE FUNCTION kernel.settle_held(p jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM kernel.checkpoints c
    WHERE c.subscription = p->>'subscription' AND c.generation = (p->>'generation')::int
      AND c.partition = (p->>'partition')::smallint AND c.fence = (p->>'fence')::bigint FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% partition % has another owner', p->>'subscription', p->>'partition' USING ERRCODE = 'WB004';
  END IF;
  DELETE FROM kernel.held_events h USING kernel.log l JOIN kernel.events e ON e.id = l.event_id
   WHERE h.subscription = p->>'subscription' AND h.generation = (p->>'generation')::int
     AND h.key = p->>'key' AND h.position = (p->>'position')::bigint
     AND h.revision = coalesce((p->>'revision')::int, h.revision)
     AND l.position = h.position AND l.event_id = h.event_id AND e.event_id = (p->>'eventId')::uuid;
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
