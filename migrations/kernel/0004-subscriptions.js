// Subscriptions shared by replicas: partitions, leases (liveness), fences (safety), and the events that can't take effect yet.
export const up = `
ALTER TABLE kernel.subscriptions
  ADD COLUMN partitions smallint NOT NULL DEFAULT 1 CHECK (partitions BETWEEN 1 AND 256),
  ADD COLUMN barrier    bigint;
COMMENT ON COLUMN kernel.subscriptions.barrier IS 'While partitions are split or merged: nobody goes beyond this position.';
ALTER TABLE kernel.subscriptions DROP CONSTRAINT subscriptions_kind_check;
ALTER TABLE kernel.subscriptions ADD CHECK (kind IN ('inline', 'async', 'handler'));

CREATE TABLE kernel.replicas (
  replica text        PRIMARY KEY,
  seen_at timestamptz NOT NULL,
  runs    text[]      NOT NULL
);
COMMENT ON TABLE kernel.replicas IS 'Processes that run subscriptions; one not seen for the length of a lease is dead.';
COMMENT ON COLUMN kernel.replicas.runs IS 'The subscriptions that its code has, as name@version: while releases run side by side they differ.';

CREATE TABLE kernel.leases (
  subscription text        NOT NULL,
  partition    smallint    NOT NULL,
  owner        text        NOT NULL,
  token        bigint      NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (subscription, partition)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE kernel.leases IS 'Who works on which partition. Liveness only: safety is the fence in kernel.checkpoints.';
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
  PRIMARY KEY (subscription, generation, key, position)
);
CREATE INDEX ix_held_events_due ON kernel.held_events (subscription, generation, next_try_at) WHERE state = 'blocked';
COMMENT ON TABLE kernel.held_events IS 'Events that could not take effect: the first of a key is blocked (tried again) or parked (dead letter), later ones are queued behind it.';
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

-- Says that a replica lives, renews its leases, gives up what is above its fair share and takes what is free.
-- Fair share = ceil(partitions / live replicas that run this version of it). A subscription whose view another version
-- fills is nothing for this replica. Returns what the replica owns. Database clock throughout.
CREATE FUNCTION kernel.keep_leases(p_replica text, p_runs text[], p_lease interval)
RETURNS TABLE (subscription text, partition smallint, token bigint, partitions smallint, barrier bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  s      record;
  v_own  int;
  v_fair int;
BEGIN
  INSERT INTO kernel.replicas AS r (replica, seen_at, runs) VALUES (p_replica, clock_timestamp(), p_runs)
  ON CONFLICT (replica) DO UPDATE SET seen_at = excluded.seen_at, runs = excluded.runs;
  PERFORM pg_advisory_xact_lock(7735918240173646);
  DELETE FROM kernel.replicas WHERE seen_at < clock_timestamp() - p_lease;
  DELETE FROM kernel.leases l WHERE l.owner = p_replica AND NOT EXISTS
    (SELECT FROM kernel.subscriptions u WHERE u.name = l.subscription AND u.name || '@' || u.version = ANY (p_runs));
  FOR s IN SELECT u.name, u.partitions,
                  (SELECT count(*) FROM kernel.replicas r WHERE u.name || '@' || u.version = ANY (r.runs))::int AS live
             FROM kernel.subscriptions u
            WHERE u.name || '@' || u.version = ANY (p_runs) AND u.status = 'running' ORDER BY u.name LOOP
    v_fair := (s.partitions + s.live - 1) / s.live;
    DELETE FROM kernel.leases l WHERE l.subscription = s.name AND l.partition >= s.partitions;
    UPDATE kernel.leases l SET expires_at = clock_timestamp() + p_lease WHERE l.subscription = s.name AND l.owner = p_replica;
    GET DIAGNOSTICS v_own = ROW_COUNT;
    IF v_own > v_fair THEN
      DELETE FROM kernel.leases l WHERE l.subscription = s.name AND l.owner = p_replica AND l.partition IN
        (SELECT o.partition FROM kernel.leases o WHERE o.subscription = s.name AND o.owner = p_replica ORDER BY o.partition DESC LIMIT v_own - v_fair);
    ELSIF v_own < v_fair THEN
      INSERT INTO kernel.leases AS l (subscription, partition, owner, token, expires_at)
      SELECT s.name, free.partition, p_replica, nextval('kernel.lease_tokens'), clock_timestamp() + p_lease
        FROM (SELECT g.partition::smallint FROM generate_series(0, s.partitions - 1) AS g (partition)
               WHERE NOT EXISTS (SELECT FROM kernel.leases t WHERE t.subscription = s.name AND t.partition = g.partition
                                    AND t.expires_at > clock_timestamp())
               ORDER BY g.partition LIMIT v_fair - v_own) AS free
      ON CONFLICT (subscription, partition) DO UPDATE
         SET owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at;
    END IF;
  END LOOP;
  RETURN QUERY SELECT l.subscription, l.partition, l.token, u.partitions, u.barrier
    FROM kernel.leases l JOIN kernel.subscriptions u ON u.name = l.subscription
   WHERE l.owner = p_replica AND u.name || '@' || u.version = ANY (p_runs) AND u.status = 'running';
END $$;

-- Gives a replica's leases up at once, so that others take them in less than a second.
CREATE FUNCTION kernel.release_leases(p_replica text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM kernel.leases WHERE owner = p_replica;
  DELETE FROM kernel.replicas WHERE replica = p_replica;
$$;

-- Ends every lease of a subscription: its partitions have changed, and new owners must read them anew.
CREATE FUNCTION kernel.forget_leases(p_subscription text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM kernel.leases WHERE subscription = p_subscription;
$$;

-- Moves partitions' checkpoints and holds back events, in the transaction of the effects. A fence or position that
-- isn't there any more means another owner: everything is rolled back.
-- p: { subscription, generation, position, eventId, partitions: [{ partition, from, fence }],
--      held: [{ key, position, eventId, partition, state, attempts, error, tryInMs }] }
CREATE FUNCTION kernel.advance(p jsonb) RETURNS boolean
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
    INSERT INTO kernel.held_events (subscription, generation, key, position, partition, event_id, state, attempts, error, next_try_at)
    SELECT p->>'subscription', (p->>'generation')::int, h.key, h.position, h.partition, h."eventId", h.state, h.attempts, h.error,
           clock_timestamp() + h."tryInMs" * interval '1 millisecond'
      FROM jsonb_to_recordset(p->'held') AS h (key text, position bigint, "eventId" bigint, partition smallint, state text,
                                               attempts int, error text, "tryInMs" float8)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN true;
END $$;

-- Ends the hold of one event, in the transaction of its effects, and lets the next one of its key be tried.
-- p: { subscription, generation, key, position, partition, fence }
CREATE FUNCTION kernel.settle_held(p jsonb) RETURNS boolean
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
     AND h.key = p->>'key' AND h.position = (p->>'position')::bigint;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the event is no longer held' USING ERRCODE = 'WB004';
  END IF;
  UPDATE kernel.held_events h SET state = 'blocked', next_try_at = clock_timestamp()
   WHERE h.subscription = p->>'subscription' AND h.generation = (p->>'generation')::int AND h.key = p->>'key' AND h.state = 'queued'
     AND h.position = (SELECT min(n.position) FROM kernel.held_events n
       WHERE n.subscription = h.subscription AND n.generation = h.generation AND n.key = h.key);
  RETURN true;
END $$;
`;
