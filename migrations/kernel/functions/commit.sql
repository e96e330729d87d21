-- version 1
-- Commits units of work: keys, stream versions, unique values and events, all or nothing.
-- Called by src/kernel/commands/commit-statement.ts, in one statement with the inline views and the rows of handlers. Several units may
-- share a call; one that fails fails the call. Lock order: keys, streams by id, unique values; the caller sorts each list.
-- Procedural on purpose: starting set-returning queries costs more here than the writes themselves.
-- p_work: { epoch, keys: [{ tenant, principal, operation, key, fingerprint, kind, commandId, outcome, body,
--                   lastStream, lastVersion | lastOffset }],
--           streams: [{ tenant, stream, mode, expected, count }], uniques: [{ tenant, scope, value, owner }],
--           events: [{ tenant, stream, version | offset, last, id, name, schema, data, meta }],
--           views: [{ name, version }] }
-- mode: exact (version = expected), none, exists, any, guard (version = expected, nothing written). An event has a
-- version, or an offset from the version that mode exists or any finds; the last one of each stream is returned. The
-- same for the last event that a key's result names.
-- epoch: of the log that the units were loaded from; after a failover a stream may be at the same version with other events.
-- views: the inline views that the same statement writes, with the version of the code that folds them. Each must be
-- kept inline, by that version, and not be under rebuild; the shared lock keeps a rebuild waiting until this commit ends.
-- The check comes in a statement after the lock, so that it sees a rebuild that the lock has waited for.
-- returnsKnownKey: a known first key is returned as one row with an empty stream_id, because a repeat is ordinary traffic and an
-- ERROR would be logged with its whole statement. Nothing has been written by then: the keys come first. The caller must then write
-- nothing else in its statement.
-- Raises WB001 (key known), WB002 (version conflict), WB003 (unique value taken), WB011 (a view refuses this code's rows),
-- WB012 (another epoch).

CREATE OR REPLACE FUNCTION kernel.commit(p_work jsonb)
RETURNS TABLE (stream_id text, version bigint, last_event_id bigint, last_event uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_list  jsonb;
  v_bases jsonb := '{}';
  v_base  bigint;
  x       jsonb;
BEGIN
  IF p_work->>'epoch' <> (SELECT e.epoch::text FROM kernel.epochs e ORDER BY e.id DESC LIMIT 1) THEN
    RAISE EXCEPTION 'the unit was loaded in another epoch of the log' USING ERRCODE = 'WB012';
  END IF;

  v_list := p_work->'keys';
  FOR i IN 0 .. jsonb_array_length(v_list) - 1 LOOP
    x := v_list->i;
    INSERT INTO kernel.idempotency
      (tenant, principal, operation, key, fingerprint, kind, command_id, outcome, body, last_stream, last_version)
    VALUES (x->>'tenant', x->>'principal', x->>'operation', x->>'key', x->>'fingerprint', x->>'kind',
      (x->>'commandId')::uuid, x->>'outcome', x->>'body', x->>'lastStream', (x->>'lastVersion')::bigint)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      IF i = 0 AND p_work ? 'returnsKnownKey' THEN
        stream_id := '';
        RETURN NEXT;
        RETURN;
      END IF;
      RAISE EXCEPTION 'idempotency key is known' USING ERRCODE = 'WB001';
    END IF;
  END LOOP;

  v_list := p_work->'views';
  FOR i IN 0 .. coalesce(jsonb_array_length(v_list), 0) - 1 LOOP
    x := v_list->i;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('waybill.view:' || (x->>'name'), 0));
    IF NOT EXISTS (SELECT FROM kernel.subscriptions s WHERE s.name = x->>'name' AND s.kind = 'inline'
                      AND s.version = (x->>'version')::int AND s.rebuild_to IS NULL) THEN
      RAISE EXCEPTION 'view % refuses rows of version %', x->>'name', x->>'version' USING ERRCODE = 'WB011';
    END IF;
  END LOOP;

  v_list := p_work->'streams';
  FOR i IN 0 .. jsonb_array_length(v_list) - 1 LOOP
    x := v_list->i;
    v_base := NULL;
    CASE x->>'mode'
      WHEN 'exact' THEN
        UPDATE kernel.streams t SET version = t.version + (x->>'count')::int
         WHERE t.tenant = x->>'tenant' AND t.stream_id = x->>'stream' AND t.version = (x->>'expected')::bigint
        RETURNING 0 INTO v_base;
      WHEN 'none' THEN
        INSERT INTO kernel.streams (tenant, stream_id, version) VALUES (x->>'tenant', x->>'stream', (x->>'count')::int)
        ON CONFLICT DO NOTHING RETURNING 0 INTO v_base;
      WHEN 'exists' THEN
        UPDATE kernel.streams t SET version = t.version + (x->>'count')::int
         WHERE t.tenant = x->>'tenant' AND t.stream_id = x->>'stream' AND t.version > 0
        RETURNING t.version - (x->>'count')::int INTO v_base;
      WHEN 'any' THEN
        INSERT INTO kernel.streams AS t (tenant, stream_id, version)
        VALUES (x->>'tenant', x->>'stream', (x->>'count')::int)
        ON CONFLICT ON CONSTRAINT streams_pkey DO UPDATE SET version = t.version + excluded.version
        RETURNING t.version - (x->>'count')::int INTO v_base;
      WHEN 'guard' THEN
        SELECT 0 INTO v_base FROM kernel.streams t
         WHERE t.tenant = x->>'tenant' AND t.stream_id = x->>'stream' AND t.version = (x->>'expected')::bigint FOR SHARE;
    END CASE;
    IF v_base IS NULL THEN
      RAISE EXCEPTION 'stream % is not at the expected version', x->>'stream' USING ERRCODE = 'WB002', DETAIL = x->>'stream';
    END IF;
    IF x->>'mode' IN ('exists', 'any') THEN
      v_bases := v_bases || jsonb_build_object(jsonb_build_array(x->'tenant', x->'stream')::text, v_base);
    END IF;
  END LOOP;

  v_list := p_work->'keys';
  FOR i IN 0 .. jsonb_array_length(v_list) - 1 LOOP
    x := v_list->i;
    IF x ? 'lastOffset' THEN
      UPDATE kernel.idempotency k SET last_version = (v_bases->>jsonb_build_array(x->'tenant', x->'lastStream')::text)::bigint + (x->>'lastOffset')::int
       WHERE k.tenant = x->>'tenant' AND k.principal = x->>'principal' AND k.operation = x->>'operation' AND k.key = x->>'key';
    END IF;
  END LOOP;

  v_list := p_work->'uniques';
  FOR i IN 0 .. coalesce(jsonb_array_length(v_list), 0) - 1 LOOP
    x := v_list->i;
    INSERT INTO kernel.unique_values AS u (tenant, scope, value, owner)
    VALUES (x->>'tenant', x->>'scope', x->>'value', x->>'owner')
    ON CONFLICT ON CONSTRAINT unique_values_pkey DO UPDATE SET owner = u.owner WHERE u.owner = excluded.owner;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'unique value is taken' USING ERRCODE = 'WB003', DETAIL = jsonb_build_array(x->'scope', x->'value')::text;
    END IF;
  END LOOP;

  -- The xid exists by now (keys and streams are written), so the ids drawn here obey the log's order.
  v_list := p_work->'events';
  FOR i IN 0 .. jsonb_array_length(v_list) - 1 LOOP
    x := v_list->i;
    stream_id := x->>'stream';
    version := coalesce((x->>'version')::bigint, (v_bases->>jsonb_build_array(x->'tenant', x->'stream')::text)::bigint + (x->>'offset')::int);
    INSERT INTO kernel.events AS e (event_id, tenant, stream_id, version, name, schema_version, data, meta)
    VALUES ((x->>'id')::uuid, x->>'tenant', x->>'stream', version, x->>'name', (x->>'schema')::smallint, x->'data', x->'meta')
    RETURNING e.id, e.event_id INTO last_event_id, last_event;
    IF x ? 'last' THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
