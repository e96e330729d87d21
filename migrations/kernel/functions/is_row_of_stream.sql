-- version 1
-- Whether the stored row of an inline view may be replaced by one folded from its stream at p_from (NULL: the fold had no
-- row there). Called by the upserts of src/kernel/projections/inline-projections.ts, for a row that exists.
-- A row that lags is replaced: a process without the projection may have written the stream meanwhile.
-- Raises WB013 for a row that the fold doesn't know of, or that is ahead of the stream: another stream has written it.

CREATE OR REPLACE FUNCTION kernel.is_row_of_stream(p_view text, p_key text, p_stored bigint, p_from bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_stored <= p_from THEN
    RETURN true;
  END IF;
  RAISE EXCEPTION 'Row % of % is at version %, but its stream had %: something else has written the row. Nothing was stored. Find what did, then rebuild the view.',
    p_key, p_view, p_stored, coalesce('come to version ' || p_from, 'no row') USING ERRCODE = 'WB013';
END $$;
