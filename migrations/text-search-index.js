/**
 * The index for words anywhere in a folded text (`searchText()`). It needs trigrams; a server without pg_trgm gives the same
 * answers by reading every row of the tenant, and `waybill doctor` says so.
 */
export const textSearchIndex = (name, table) => `
DO $$
DECLARE
  v_schema text;
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  END IF;
  SELECT n.nspname INTO v_schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
  IF v_schema IS NOT NULL THEN
    EXECUTE format('CREATE INDEX ${name} ON ${table} USING gin (search_text %I.gin_trgm_ops)', v_schema);
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'pg_trgm may not be installed here: searching ${table} for text reads every row of the tenant';
END $$;
`;
