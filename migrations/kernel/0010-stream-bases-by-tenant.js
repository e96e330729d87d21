// Units of several tenants may share a commit, also where their streams have one id.
export const up = `
-- As in 0002, and: where a stream was found is remembered by tenant and stream.
CREATE OR REPLACE FUNCTION kernel.commit(p_work jsonb)
RETURNS TABLE (stream_id text, version bigint, last_event_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  v_list  jsonb;
  v_bases jsonb := '{}';
  v_base  bigint;
  x       jsonb;
BEGIN
  v_list := p_work->'keys';
  FOR i IN 0 .. jsonb_array_length(v_list) - 1 LOOP
    x := v_list->i;
    INSERT INTO kernel.idempotency
      (tenant, principal, operation, key, fingerprint, kind, command_id, outcome, body, last_stream, last_version)
    VALUES (x->>'tenant', x->>'principal', x->>'operation', x->>'key', x->>'fingerprint', x->>'kind',
      (x->>'commandId')::uuid, x->>'outcome', x->>'body', x->>'lastStream', (x->>'lastVersion')::bigint)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'idempotency key is known' USING ERRCODE = 'WB001';
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
    RETURNING e.id INTO last_event_id;
    IF x ? 'last' THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
`;
