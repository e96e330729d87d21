import { freshDatabase, type FreshDatabase } from '#platform/testing';

describe('the roles of a database', () => {
  let db: FreshDatabase;
  beforeAll(async () => {
    db = await freshDatabase(import.meta.url);
  });
  afterAll(() => db.drop());

  const refusal = async (pool: 'app' | 'worker' | 'query', sql: string): Promise<string> => {
    try {
      await db.pools[pool].query(sql);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'allowed';
  };

  it.each([
    ['app', 'DELETE FROM kernel.events'],
    ['app', 'UPDATE kernel.events SET name = name'],
    ['app', 'INSERT INTO kernel.events (event_id) VALUES (gen_random_uuid())'],
    ['app', 'TRUNCATE kernel.events'],
    ['worker', 'UPDATE kernel.log SET position = position + 1'],
    ['worker', 'DELETE FROM kernel.log'],
    ['app', 'UPDATE kernel.migrations SET checksum = checksum'],
    ['app', 'SELECT * FROM kernel_owner.grants'],
    ['app', 'CREATE TEMPORARY TABLE x ()'],
    ['worker', 'CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid'],
    ['query', 'SELECT * FROM kernel.secrets'],
    ['query', 'SELECT * FROM kernel.idempotency'],
    ['query', 'SELECT * FROM kernel.sequence()'],
    ['query', "SELECT * FROM kernel.commit('[]')"],
  ] as const)('%s may not: %s', async (pool, sql) => {
    expect(await refusal(pool, sql)).toBe('42501');
  });

  it.each([
    ['app', 'SELECT * FROM kernel.sequence()'],
    ['app', "INSERT INTO kernel.secrets (name, value) VALUES ('a', 'b')"],
    ['worker', 'UPDATE kernel.checkpoints SET position = position'],
    ['query', 'SELECT * FROM kernel.checkpoints'],
    ['query', 'SELECT * FROM kernel.events'],
    ['query', 'SELECT * FROM kernel.log'],
  ] as const)('%s may: %s', async (pool, sql) => {
    expect(await refusal(pool, sql)).toBe('allowed');
  });

  it('keep the query side from writing, even where it asks for a writing transaction', async () => {
    const { rows } = await db.pools.query.query(
      `SELECT oid::regclass::text AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
          AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')`,
    );
    expect(rows).toEqual([]);
    expect(await refusal('query', 'CREATE TEMPORARY TABLE x ()')).toBe('25006');
  });

  it('have no right to temporary objects', async () => {
    for (const pool of ['app', 'worker', 'query'] as const) {
      const { rows } = await db.pools[pool].query(
        `SELECT has_database_privilege(current_database(), 'TEMPORARY') AS may`,
      );
      expect(rows).toEqual([{ may: false }]);
    }
  });

  it('read what is committed, whatever the server’s default is', async () => {
    const { rows } = await db.pools.health.query(
      `SELECT count(*)::int AS roles FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
        WHERE r.rolname = ANY ($1) AND 'default_transaction_isolation=read committed' = ANY (s.setconfig)`,
      [[db.appUrl, db.workerUrl, db.queryUrl].map((url) => decodeURIComponent(new URL(url).username))],
    );
    expect(rows).toEqual([{ roles: 3 }]);
  });

  it.each([
    ['app', '5s', '1s', 'off'],
    ['query', '5s', '1s', 'on'],
    ['worker', '30s', '5s', 'off'],
  ] as const)('%s has an end for statements and locks', async (pool, statement, lock, readOnly) => {
    const { rows } = await db.pools[pool].query(
      `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
              current_setting('default_transaction_read_only') AS "readOnly",
              current_setting('idle_in_transaction_session_timeout') <> '0' AS idle`,
    );
    expect(rows).toEqual([{ statement, lock, readOnly, idle: true }]);
  });
});
